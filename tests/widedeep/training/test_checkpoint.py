"""A run that was stopped anywhere and started again ends in the same weights, bit for bit; no other run goes on."""

import json
import os
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.kills import chain
from benchmarks.mutants import array_of, bytes_of, packed, seal, unpacked
from mlp import SGD, Adam
from mlp.windows import flatten
from tests.builders import memories
from tests.widedeep.three_towers import ratings, with_histories
from tests.widedeep.three_towers import small as small_run
from widedeep import EMA, Checkpoint, fit, load, optimizers_for, scheduled
from widedeep.archives.schema import Unfit
from widedeep.training.checkpoint import state_of


class Stopped(Exception):
    """In place of a kill."""


def run(path=None, stop=None, steps=1, ema=True, epochs=3, patience=None, lr=None, seed=3, generator=None, n=96):
    """A run from its beginning: with histories left out, every rule, dropout, an average and a falling rate.

    stop : after so many steps an exception, as a kill would be
    """
    model, rules, _, batch = small_run(np.random.default_rng(seed))
    model.towers["deep"].drop_inputs = 0.2
    rules["bias"] = Adam(0.01) if lr is None else SGD(lr)
    average = EMA(model.params(), 0.9) if ema else None
    taken = [0]

    def loss(z, y):
        from perceptron.losses import log_loss

        taken[0] += 1
        if len(y) < 100 and stop is not None and taken[0] > stop:
            raise Stopped
        return log_loss(z, y)

    loss.__qualname__ = "loss"
    rng = generator or np.random.default_rng(7)
    records = fit(model, rules, batch[np.arange(n)], batch[np.arange(n, 120)], rng=rng, epochs=epochs, batch_size=10,
                  ema=average, loss=loss, patience=patience,
                  report=scheduled(rules, lambda epoch: 0.8 ** (epoch - 1)),
                  checkpoint=None if path is None else Checkpoint(path, steps=steps))  # fmt: skip
    weights = {name: w.tobytes() for name, w in flatten(model.params())}
    return weights, memories(rules), records, {name: vars(rule).copy() for name, rule in rules.items()}


def same(one, other):
    assert one[:3] == other[:3]
    for name, its in one[3].items():
        kept = {key: value for key, value in its.items() if key not in ("memory", "rule", "blocks")}
        assert kept == {key: other[3][name][key] for key in kept}


def test_a_checkpoint_changes_nothing(tmp_path):
    same(run(tmp_path / "c.npz"), run())
    assert os.listdir(tmp_path) == ["c.npz"]


@pytest.mark.parametrize("ema", [False, True], ids=["", "average"])
@pytest.mark.parametrize("stop", [0, 1, 4, 9, 10, 11, 12, 21, 25])
def test_a_run_stopped_anywhere_ends_where_it_would_have(tmp_path, stop, ema):
    """10 steps an epoch, and a validation after each: in the middle, before the validation, after it."""
    with pytest.raises(Stopped):
        run(tmp_path / "c.npz", stop, ema=ema)
    same(run(tmp_path / "c.npz", ema=ema), run(ema=ema))


def test_a_run_stopped_many_times_between_checkpoints_too(tmp_path):
    for stop in (3, 6, 5, 9, 2):
        with pytest.raises(Stopped):
            run(tmp_path / "c.npz", stop, steps=2)
    same(run(tmp_path / "c.npz", steps=2), run())


def test_a_run_that_has_ended_ends_the_same_again(tmp_path):
    first = run(tmp_path / "c.npz", patience=1, epochs=9)
    same(run(tmp_path / "c.npz", patience=1, epochs=9), first)
    same(first, run(patience=1, epochs=9))


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64])
def test_every_generator_goes_on(tmp_path, kind):
    with pytest.raises(Stopped):
        run(tmp_path / "c.npz", 13, generator=np.random.Generator(kind(1)))
    again = run(tmp_path / "c.npz", generator=np.random.Generator(kind(1)))
    same(again, run(generator=np.random.Generator(kind(1))))


def test_more_epochs_may_follow(tmp_path):
    run(tmp_path / "c.npz", epochs=2)
    same(run(tmp_path / "c.npz", epochs=4), run(epochs=4))


@pytest.mark.parametrize("others, what", [({"seed": 4}, "first weights"), ({"n": 95}, "rows and settings"),
                                          ({"lr": 0.1}, "rules"), ({"ema": False}, "average"),
                                          ({"generator": np.random.Generator(np.random.MT19937(1))}, "generator")],
                         ids=["seed", "rows", "rate", "average", "generator"])  # fmt: skip
def test_the_checkpoint_of_another_run_is_refused_and_left(tmp_path, others, what):
    run(tmp_path / "c.npz", epochs=1)
    old = (tmp_path / "c.npz").read_bytes()
    with pytest.raises(
        ValueError, match=f"c.npz: damaged, or not an archive of Checkpoint: of another run: other .*{what}"
    ):
        run(tmp_path / "c.npz", **others)
    assert (tmp_path / "c.npz").read_bytes() == old


def test_training_a_trained_model_further_does_not_take_it_back(tmp_path):
    model, rules, _, batch = small_run(np.random.default_rng(3))
    settings = {"rng": np.random.default_rng(0), "epochs": 1, "batch_size": 40}
    fit(model, rules, batch, checkpoint=Checkpoint(tmp_path / "c.npz"), **settings)
    with pytest.raises(ValueError, match="of another run: other first weights"):
        fit(model, rules, batch, checkpoint=Checkpoint(tmp_path / "c.npz"), **settings)


def test_histories_go_on(tmp_path):
    def train(path, epochs):
        from widedeep import Wide, WideDeep
        from widedeep.towers.with_history import DeepWithHistory

        rng = np.random.default_rng(0)
        encoder = with_histories()
        batch = encoder.fit_encode(*ratings(rng))
        deep = DeepWithHistory(encoder.n_deep, 2, encoder.n_inputs, [3], rng)
        model = WideDeep(wide=Wide(encoder.n_wide), deep=deep)
        fit(model, optimizers_for(model, 32), batch, rng=rng, epochs=epochs, batch_size=32,
            checkpoint=path and Checkpoint(path, steps=3))  # fmt: skip
        return {name: w.tobytes() for name, w in flatten(model.params())}

    train(tmp_path / "c.npz", 2)
    assert train(tmp_path / "c.npz", 3) == train(None, 3)


def test_a_digest_is_of_contents_and_not_of_places(rng):
    from functools import partial

    from widedeep.training.checkpoint import digest_of

    _, _, _, batch = small_run(np.random.default_rng(3))
    _, _, _, again = small_run(np.random.default_rng(3))
    histories = [with_histories().fit_encode(*ratings(np.random.default_rng(0))) for _ in range(2)]
    histories[0].histories[0][np.arange(3)].flat  # noqa: B018  what is cached is no content
    pairs = [
        (batch, again),
        tuple(histories),
        (partial(run, stop=1), partial(run, stop=1)),
        ({"a": 1, "b": 2.0}, {"b": 2.0, "a": 1}),
    ]
    for one, other in pairs:
        assert digest_of(one) == digest_of(other)
    different = [
        batch,
        batch[:5],
        partial(run, stop=1),
        partial(run, stop=2),
        run,
        np.zeros(2),
        np.zeros((2, 1)),
        1,
        1.0,
        None,
    ]
    assert len({digest_of(thing) for thing in different}) == len(different)


def test_what_fit_and_checkpoint_refuse(tmp_path):
    model, rules, _, batch = small_run(np.random.default_rng(3))
    with pytest.raises(ValueError, match=r"checkpoint is 'run.npz'; want Checkpoint\('run.npz'\)"):
        fit(model, rules, batch, rng=np.random.default_rng(0), epochs=1, checkpoint="run.npz")
    with pytest.raises(ValueError, match="does not tell its state"):
        fit(model, rules, batch, rng=np.random.RandomState(0), epochs=1, checkpoint=Checkpoint(tmp_path / "c"))
    own = SimpleNamespace(update=lambda: None)
    with pytest.raises(ValueError, match="Checkpoint: the average is a SimpleNamespace; want an EMA"):
        fit(model, rules, batch, rng=np.random.default_rng(0), epochs=1, ema=own, checkpoint=Checkpoint(tmp_path / "c"))
    rules["bias"].kinds = {"a", "b"}
    with pytest.raises(ValueError, match="Checkpoint: cannot keep a set, .*; want numbers, texts and lists"):
        fit(model, rules, batch, rng=np.random.default_rng(0), epochs=1, checkpoint=Checkpoint(tmp_path / "c"))
    for settings in ({"seconds": -1}, {"seconds": float("nan")}, {"steps": 0}, {"steps": 1.5}):
        with pytest.raises(ValueError, match="Checkpoint: seconds"):
            Checkpoint(tmp_path / "c", **settings)
    with pytest.raises(FileNotFoundError, match="not written"):
        run(tmp_path / "none" / "c.npz")


def test_a_checkpoint_is_no_model(tmp_path):
    run(tmp_path / "c.npz", epochs=1)
    with pytest.raises(ValueError, match="a checkpoint of a run that is under way, no model"):
        load(tmp_path / "c.npz")


def test_a_checkpoint_of_more_steps_than_an_epoch_has_is_refused(tmp_path):
    path = tmp_path / "c.npz"
    with pytest.raises(Stopped):
        run(path, 5)
    members = unpacked(path.read_bytes())
    about = json.loads(array_of(members["about.npy"]).tobytes())
    about["checkpoint"]["steps"] = 99
    members["about.npy"] = bytes_of(np.frombuffer(json.dumps(about).encode(), np.uint8))
    assert seal(members)
    path.write_bytes(packed(members))
    with pytest.raises(ValueError, match="c.npz: 99 steps of an epoch of 10; want this run's checkpoint"):
        run(path)


def test_a_generator_is_not_put_into_a_state_that_it_cannot_have():
    mine = np.random.MT19937(0)
    its = json.loads(json.dumps(mine.state, default=lambda array: array.tolist()))
    its["state"]["key"][3] = 2**40
    with pytest.raises(Unfit, match="before is no state of MT19937"):
        state_of(mine, its, "before")


def test_a_failed_writing_is_one_warning_and_the_last_good_file_stays(tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    with pytest.raises(Stopped):
        run(path, 5)
    old = path.read_bytes()
    writes, real = [0], np.savez

    def full(file, **arrays):
        writes[0] += 1
        if writes[0] > 1:  # the first one, as fit begins, still goes
            file.write(b"half")
            raise OSError(28, "No space left on device")
        real(file, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        again = run(path)
    lines = {str(warning.message) for warning in told}
    assert len(told) == writes[0] - 1 > 20 and len(lines) == 1
    assert "no checkpoint" in min(lines) and "c.npz: not written (No space left on device)" in min(lines)
    assert "\n" not in min(lines) and told[0].filename == __file__  # the line that called fit
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["c.npz"]
    same(again, run())


def test_weights_that_are_not_finite_do_not_take_the_place_of_good_ones(tmp_path):
    model, rules, _, batch = small_run(np.random.default_rng(3))
    keeper = Checkpoint(tmp_path / "c.npz", steps=1)
    begin, good = keeper.begin, []

    def broken(*run):
        begin(*run)
        good.append(keeper.path.read_bytes())
        model.b[...] = np.nan

    keeper.begin = broken
    settings = {"rng": np.random.default_rng(0), "epochs": 1, "batch_size": 10, "checkpoint": keeper}
    with pytest.warns(RuntimeWarning, match="nan; want a finite number"), pytest.raises(ValueError, match="became nan"):
        fit(model, rules, batch, **settings)
    assert keeper.path.read_bytes() == good[0]


def test_a_mutated_checkpoint_is_refused_or_equal(tmp_path):
    from benchmarks.mutants import mutant

    path = tmp_path / "c.npz"
    with pytest.raises(Stopped):
        run(path, 14)
    whole, want, outcomes = path.read_bytes(), run(), {"refused": 0, "equal": 0, "other": 0}
    for i in range(150):
        made = mutant(whole, np.random.default_rng([5, i]))
        path.write_bytes(made.file)
        try:
            again = run(path)
        except ValueError as error:
            assert str(error).startswith(str(path)), error
            outcomes["refused"] += 1
            continue
        if made.sealed:
            outcomes["other"] += 1
        else:
            same(again, want)
            outcomes["equal"] += 1
    assert outcomes["refused"] > 100, outcomes


def test_five_kills_at_random_moments(tmp_path):
    """kill -9, of a process that writes a checkpoint after every step; python -m benchmarks kills does it 200 times."""
    told = chain(tmp_path, np.random.default_rng(0), 5, longest=0.5)
    assert told["kills"] == 5 and told["same weights"]
    assert not list(tmp_path.glob(".*.part"))
