"""Streaming: one window is fit, bit for bit; several are the same steps in a known order; a killed run goes on."""

import numpy as np
import pytest

from widedeep import EMA, Bag, Category, Checkpoint, Cross, Deep, Encoder, Standard, Wide, WideDeep, fit, optimizers_for
from widedeep.training.stream import end_to_end, fit_stream, regrouped

N = 100
draw = np.random.default_rng(0)
TABLE = {
    "job": draw.choice(list("abcde"), N),
    "age": draw.normal(40, 10, N),
    "likes": np.fromiter((tuple(draw.choice(list("xyz"), draw.integers(0, 4))) for _ in range(N)), object, N),
}
LABELS = (draw.random((N, 1)) < 0.4) * 1.0
COLUMNS = [Category("job"), Bag("likes")]
ENCODER = Encoder(wide=[*COLUMNS, Cross("job", "likes")], deep=COLUMNS, numbers=[Standard("age")]).fit(TABLE)


def world(dropout=0.2):
    rng = np.random.default_rng(3)
    deep = Deep(ENCODER.n_deep, 4, ENCODER.n_inputs, [8, 4], rng, dropout=dropout)
    model = WideDeep(wide=Wide(ENCODER.n_wide), deep=deep)
    return model, optimizers_for(model, 16), rng, EMA(model.params(), 0.9)


def windows(size, rows=N):
    def read():
        for table in regrouped([{**TABLE, "y": LABELS[:, 0]}], size):
            y = table.pop("y")
            yield table, y[:, None]

    return read


def weights(model):
    return [model.b.tobytes(), model.towers["wide"].w.tobytes(), model.towers["deep"].theta.flat.tobytes()]


def streamed(size, stop=None, **settings):
    model, optimizers, rng, ema = world()
    history = fit_stream(
        model, optimizers, ENCODER, windows(size), N, rng=rng, epochs=3, batch_size=16, ema=ema, **settings
    )
    return weights(model), history


@pytest.mark.parametrize("held", [False, True])
def test_one_window_is_fit_bit_for_bit(held):
    validation = ENCODER.encode(TABLE, LABELS) if held else None
    model, optimizers, rng, ema = world()
    batch = ENCODER.encode(TABLE, LABELS)
    history = fit(model, optimizers, batch, validation, rng=rng, epochs=3, batch_size=16, ema=ema)
    assert streamed(N, validation=validation) == (weights(model), history)
    assert streamed(10 * N, validation=validation) == (weights(model), history)
    assert streamed(N // 2, validation=validation) != (weights(model), history)


def test_windows_are_the_same_steps_as_in_memory_in_their_order():
    model, optimizers, rng, ema = world()
    batch, orders = ENCODER.encode(TABLE, LABELS), []
    taken = np.random.default_rng(3)

    def step(model, optimizers, rows, rng, loss):
        orders.append(rows.labels.sum())
        return 0.0

    fit_stream(model, optimizers, ENCODER, windows(32), N, rng=taken, epochs=1, batch_size=16, step=step)
    again, expected = np.random.default_rng(3), []
    for start in (0, 32, 64, 96):
        order = start + again.permutation(min(32, N - start))
        expected += [batch[order[k : k + 16]].labels.sum() for k in range(0, len(order), 16)]
    assert orders == expected


class Stop(Exception):
    pass


@pytest.mark.parametrize("at", [1, 4, 9, 15])
def test_a_killed_run_goes_on_with_the_next_window(tmp_path, at):
    """Dropout draws numbers between the orders of the windows: both come out as if nothing had been."""
    want = streamed(32, validation=ENCODER.encode(TABLE, LABELS))
    steps = iter(range(at))

    def report_or_die(read):
        for window in read():
            if next(steps, None) is None:
                raise Stop
            yield window

    file = tmp_path / "c.npz"
    model, optimizers, rng, ema = world()
    validation = ENCODER.encode(TABLE, LABELS)
    settings = {"epochs": 3, "batch_size": 16, "validation": validation}
    try:
        fit_stream(model, optimizers, ENCODER, lambda: report_or_die(windows(32)), N, rng=rng, ema=ema,
                   checkpoint=Checkpoint(file, steps=1), **settings)  # fmt: skip
    except Stop:
        pass
    assert streamed(32, validation=validation, checkpoint=Checkpoint(file, steps=1)) == want


def test_what_is_refused():
    with pytest.raises(ValueError, match="100 rows came in epoch 1; want 99 each time"):
        model, optimizers, rng, _ = world()
        fit_stream(model, optimizers, ENCODER, windows(32), 99, rng=rng, epochs=1)
    with pytest.raises(ValueError, match="n 0; want at least 1"):
        fit_stream(*world()[:2], ENCODER, windows(32), 0, rng=rng, epochs=1)
    with pytest.raises(ValueError, match="fit_stream: the loss became nan in epoch 1"):
        before = model.b.copy()
        fit_stream(
            model, optimizers, ENCODER, windows(32), N, rng=rng, epochs=1, step=lambda *_: model.b.fill(9) or np.nan
        )
    assert (model.b == before).all()
    with pytest.raises(ValueError, match="of another run: other rows and settings"):
        raise_with_another_size()


def raise_with_another_size():
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        streamed(32, checkpoint=Checkpoint(Path(folder) / "c.npz"))
        model, optimizers, rng, ema = world()
        fit_stream(model, optimizers, ENCODER, windows(32), N, rng=rng, epochs=3, batch_size=8, ema=ema,
                   checkpoint=Checkpoint(Path(folder) / "c.npz"))  # fmt: skip


@pytest.mark.parametrize("lengths", [[100], [1] * 100, [7, 64, 29], [32, 32, 36], [50, 50]])
@pytest.mark.parametrize("size", [1, 10, 32, 99, 100, 1000])
def test_regrouped(lengths, size):
    edges = np.cumsum([0, *lengths])
    chunks = [{"a": np.arange(lo, hi)} for lo, hi in zip(edges, edges[1:])]
    tables = list(regrouped(chunks, size))
    assert all(len(table["a"]) == size for table in tables[:-1]) and 1 <= len(tables[-1]["a"]) <= size
    assert end_to_end(tables)["a"].tolist() == list(range(100))
