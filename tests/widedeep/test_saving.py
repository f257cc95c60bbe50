"""Saving: what comes back is what was saved, to the byte; damage is named; the old file outlives every failure."""

import copy
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mlp import SGD, AdaGrad, Adam, Momentum
from mlp.windows import Windows, flatten
from tests.builders import bags, memories
from tests.widedeep.three_towers import ratings, small, with_histories
from widedeep import (
    FTRL,
    Bag,
    Buckets,
    Category,
    Cross,
    Deep,
    Encoder,
    History,
    HistoryEncoder,
    Quantile,
    Standard,
    TargetStatistics,
    Wide,
    WideDeep,
    fit,
    load,
    optimizers_for,
    save,
)
from widedeep import deep as deep_module
from widedeep import rows as rows_module
from widedeep.saving import fill, moved_at_once
from widedeep.towers.with_history import DeepWithHistory, MatrixFactorizationWithHistory

ROOT = Path(__file__).parents[2]
TABLE = {
    "a": np.array(["x", "y", "ü", "x"] * 10),
    "n": np.arange(40) % 7,
    "m": np.sqrt(np.arange(40)),
    "g": bags(*[("p",), ("q", "p"), (), ("r",)] * 10),
}
LABELS = (np.arange(40) % 3 == 0)[:, None]
TOWERS = pytest.mark.parametrize("towers", [("wide",), ("deep",), ("wide", "deep")], ids="+".join)


def build(towers=("wide", "deep"), dtype=np.float32):
    likes = Bag("g")
    wide = [Category("a"), Buckets("n", 3), Cross("a", likes)]
    encoder = Encoder(wide, [likes, Category("n")], [Standard("n"), Quantile("m", 4)]).fit(TABLE)
    made = {}
    if "wide" in towers:
        made["wide"] = Wide(encoder.n_wide, dtype)
    if "deep" in towers:
        made["deep"] = Deep(encoder.n_deep, 3, encoder.n_inputs, [6, 4], np.random.default_rng(0), dtype, dropout=0.1)
    model = WideDeep(dtype, **made)
    return model, encoder, optimizers_for(model, 8)


def train(model, encoder, optimizers, seed=0, epochs=2):
    rows = encoder.encode(TABLE, LABELS)
    fit(model, optimizers, rows, rng=np.random.default_rng(seed), epochs=epochs, batch_size=8)


def weights(model):
    return {name: (w.dtype.str, w.shape, w.tobytes()) for name, w in flatten(model.params())}


@pytest.fixture
def saved(tmp_path):
    model, encoder, optimizers = build()
    train(model, encoder, optimizers)
    return save(tmp_path / "model.npz", model, encoder, optimizers)


@pytest.fixture(params=["small", "large"])
def table(request, monkeypatch):
    if request.param == "large":
        monkeypatch.setattr(rows_module, "SMALL", 0)
        monkeypatch.setattr(deep_module, "SMALL", 0)


# ---- there and back ------------------------------------------------------------------------------------------------


@TOWERS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_come_back_to_the_byte(tmp_path, table, towers, dtype):
    model, encoder, optimizers = build(towers, dtype)
    train(model, encoder, optimizers)
    path = save(tmp_path / "model.npz", model, encoder, optimizers)
    again, encoder_again, _ = load(path)
    assert path == tmp_path / "model.npz" and weights(again) == weights(model)
    assert json.dumps(encoder_again.state()) == json.dumps(encoder.state())
    served = {name: column[::-1] for name, column in TABLE.items()}
    want, got = model.predict(encoder.encode(served)), again.predict(encoder_again.encode(served))
    assert got.dtype == want.dtype == dtype and got.tobytes() == want.tobytes()


@TOWERS
def test_training_goes_on_as_if_nothing_had_happened(tmp_path, table, towers):
    model, encoder, optimizers = build(towers)
    train(model, encoder, optimizers, seed=0)
    again, encoder_again, optimizers_again = load(save(tmp_path / "m.npz", model, encoder, optimizers))
    start = weights(model)
    train(model, encoder, optimizers, seed=1)
    train(again, encoder_again, optimizers_again, seed=1)
    assert weights(model) == weights(again) != start


@pytest.mark.parametrize(
    "rule",
    [
        SGD(0.1),
        Momentum(0.1, 0.8, lazy=True),
        AdaGrad(0.1, eps=1e-5),
        Adam(0.01, 0.8, 0.9, lazy=True),
        FTRL(0.1, 2, 3, 4, 5),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_every_rule_comes_back_with_its_settings_and_its_memory(tmp_path, table, rule):
    model, encoder, _ = build(("wide",))
    optimizers = {"wide": copy.deepcopy(rule), "bias": Adam(0.01)}
    train(model, encoder, optimizers)
    again = load(save(tmp_path / "m.npz", model, encoder, optimizers))[2]
    assert memories(again) == memories(optimizers)
    for name, optimizer in optimizers.items():
        mine, yours = (dict(vars(one), memory=None) for one in (optimizer, again[name]))
        assert type(again[name]) is type(optimizer) and mine == yours and mine["steps"] == 10


def test_without_optimizers_there_are_none(tmp_path):
    model, encoder, _ = build()
    assert load(save(str(tmp_path / "m.npz"), model, encoder))[2] == {}


def test_saving_changes_nothing(tmp_path):
    model, encoder, optimizers = build()
    before = weights(model)
    save(tmp_path / "m.npz", model, encoder, optimizers)
    assert weights(model) == before and [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_the_archive_holds_no_pickle_and_any_numpy_can_open_it(saved):
    with np.load(saved, allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
    with zipfile.ZipFile(saved) as archive:
        assert archive.testzip() is None
        assert all(name.endswith(".npy") for name in archive.namelist())


def test_categories_of_numbers_and_words_beyond_ascii_come_back(saved):
    _, encoder, _ = load(saved)
    names = [encoder.wide_name(i) for i in range(encoder.n_wide)]
    assert "a=ü" in names and encoder.encode({name: column[2:3] for name, column in TABLE.items()}).wide[0, 0] > 0


def test_an_archive_may_be_saved_over_itself(saved):
    model, encoder, optimizers = load(saved)
    again = load(save(saved, model, encoder, optimizers))[0]
    assert weights(again) == weights(model)


# ---- what cannot be saved ------------------------------------------------------------------------------------------


def unsavable(values):
    return Encoder([Category("a")]).fit({"a": bags(*values)})


def test_a_category_that_cannot_be_saved_is_refused_before_the_training():
    for value in (b"bytes", ("a", "tuple"), {"a": "dict"}):
        with pytest.raises(ValueError, match="'a', row"):
            unsavable(["word", value])


class Sign(SGD):
    """A rule of somebody else."""


def test_a_rule_that_load_does_not_know_is_refused_by_save(tmp_path):
    model, encoder, optimizers = build()
    with pytest.raises((TypeError, ValueError), match="Sign"):
        save(tmp_path / "m.npz", model, encoder, optimizers | {"bias": Sign(0.1)})
    assert list(tmp_path.iterdir()) == []


class Narrow(Wide):
    """A tower of somebody else."""


def test_a_tower_that_load_cannot_build_is_refused_by_save(tmp_path):
    _, encoder, _ = build()
    with pytest.raises(TypeError, match="cannot keep Narrow: it is not a registered tower"):
        save(tmp_path / "m.npz", WideDeep(wide=Narrow(encoder.n_wide)), encoder)
    assert list(tmp_path.iterdir()) == []


# ---- damage --------------------------------------------------------------------------------------------------------


def refused(path, words=None):
    """Loading says in one ValueError which file it is, and what may be the matter."""
    with pytest.raises(ValueError, match=words) as caught:
        load(path)
    assert path.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_refused(saved, share):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(share * len(whole))])
    refused(saved, "cut short")


def test_a_flipped_byte_inside_an_array_is_refused(saved):
    with zipfile.ZipFile(saved) as archive:
        largest = max(archive.infolist(), key=lambda info: info.compress_size)
    start = largest.header_offset + 30 + len(largest.filename) + 20  # behind the header of the entry
    whole = saved.read_bytes()
    for place in range(start + 5, start + largest.compress_size - 20, 7):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        saved.write_bytes(broken)
        refused(saved)


def test_no_flipped_byte_anywhere_gives_another_error_or_another_model(tmp_path):
    model, encoder, _ = build(("wide",))
    path, odd = save(tmp_path / "m.npz", model, encoder), []
    whole = path.read_bytes()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0x5A
        path.write_bytes(broken)
        try:
            assert weights(load(path)[0]) == weights(model), place  # a byte that nobody reads, such as a date
        except ValueError:
            pass
        except Exception as error:
            odd.append((place, repr(error)))
    assert odd == []


def npz(**arrays):
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def npy():
    packed = io.BytesIO()
    np.save(packed, np.zeros(3))
    return packed.getvalue()


def pickled():
    packed = io.BytesIO()
    np.save(packed, np.array([{}], object), allow_pickle=True)
    return packed.getvalue()


def zip_of_text():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", "a zip, but no .npz")
    return packed.getvalue()


OTHERS = {
    "nothing": lambda: b"",
    "text": lambda: b"user,item\n1,2\n",
    "another .npz": lambda: npz(x=np.zeros(3), y=np.ones(2)),
    "a zip of text": zip_of_text,
    "objects": pickled,
    "an array": npy,
    "an about of numbers": lambda: npz(about=np.zeros(3, np.uint8)),
    "an about of a list": lambda: npz(about=np.frombuffer(b"[1]", np.uint8)),
    "an about without a version": lambda: npz(about=np.frombuffer(b"{}", np.uint8)),
    "an about of a version alone": lambda: npz(about=np.frombuffer(b'{"version": 1}', np.uint8)),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_something_else_is_refused(tmp_path, make):
    path = tmp_path / "model.npz"
    path.write_bytes(make())
    refused(path)


def rewrite(path, change, drop=()):
    """The archive with another `about`, or without some of its arrays."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name not in drop}
    about = json.loads(arrays["about"].tobytes())
    change(about)
    np.savez(path, **arrays | {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)})


def test_a_newer_version_is_refused_and_says_so(saved):
    rewrite(saved, lambda about: about.update(version=about["version"] + 1))
    refused(saved, "newer version.*update the package")


def test_the_same_version_is_read(saved):
    rewrite(saved, lambda about: None)
    load(saved)


@pytest.mark.parametrize(
    "change, drop",
    [
        (lambda about: about.pop("encoder"), ()),
        (lambda about: about["towers"]["wide"].update(kind="Narrow"), ()),
        (lambda about: about["towers"]["deep"]["spec"].update(hidden=[3]), ()),
        (lambda about: about["encoder"]["columns"][0].update(kind="Hash"), ()),
        (lambda about: None, ("params/wide.w",)),
    ],
    ids=["no encoder", "unknown tower", "another shape", "unknown column", "an array is missing"],
)
def test_an_archive_whose_parts_do_not_fit_is_refused(saved, change, drop):
    rewrite(saved, change, drop)
    refused(saved, "damaged")


def test_a_missing_file_and_a_folder_are_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")
    with pytest.raises(OSError):
        load(tmp_path)


# ---- the old file outlives failures --------------------------------------------------------------------------------


def test_a_folder_that_does_not_exist_or_is_a_file_cannot_be_written(tmp_path):
    model, encoder, optimizers = build()
    (tmp_path / "file").write_text("text")
    for path in (tmp_path / "none" / "m.npz", tmp_path / "file" / "m.npz"):
        with pytest.raises(OSError):
            save(path, model, encoder, optimizers)
    assert [p.name for p in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "text"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_keeps_the_old_file(saved):
    old = saved.read_bytes()
    saved.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            save(saved, *build())
    finally:
        saved.parent.chmod(0o700)
    assert saved.read_bytes() == old


@pytest.mark.parametrize(
    "failure", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"]
)
@pytest.mark.parametrize("where", ["while writing", "while renaming"])
def test_a_failure_leaves_the_old_file_whole_and_nothing_beside_it(saved, monkeypatch, failure, where):
    old = saved.read_bytes()

    def half(file, *args, **arrays):
        file.write(b"half an arch")
        raise failure

    def never(*args):
        raise failure

    if where == "while writing":
        monkeypatch.setattr(np, "savez_compressed", half)
    else:
        monkeypatch.setattr(os, "replace", never)
    with pytest.raises(type(failure)):
        save(saved, *build())
    assert saved.read_bytes() == old and [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_an_archive_keeps_every_tower_and_every_rule(rng, tmp_path):
    model, rules, encoder, batch = small(rng)
    fit(model, rules, batch, rng=np.random.default_rng(1), epochs=2, batch_size=32)
    path = save(tmp_path / "model.npz", model, encoder, rules)
    again, same_encoder, same_rules = load(path)
    assert same_rules["deep"].memory is same_rules["deep"].rule.memory
    fit(model, rules, batch, rng=np.random.default_rng(2), epochs=2, batch_size=32)
    fit(again, same_rules, batch, rng=np.random.default_rng(2), epochs=2, batch_size=32)
    assert np.array_equal(model.logits(batch), again.logits(batch))
    with pytest.raises(ValueError, match="nothing learned yet"):
        save(tmp_path / "no.npz", model, with_histories(), rules)


@pytest.mark.parametrize("earlier", [None, "time"])
def test_a_model_with_histories_is_kept_and_goes_on(rng, tmp_path, earlier):
    table, y = ratings(rng)
    table["time"] = rng.permutation(len(y))
    columns = [Category("user"), Category("item")]
    encoder = HistoryEncoder(
        Encoder(wide=columns, deep=columns),
        [History("user", "item", earlier), History("item", "user", earlier)],
        [TargetStatistics("user", earlier=earlier)],
    )
    train = encoder.fit_encode(table, y)
    model = WideDeep(
        wide=Wide(encoder.n_wide),
        deep=DeepWithHistory(encoder.n_deep, 3, encoder.n_inputs, [5], rng),
        product=MatrixFactorizationWithHistory(encoder.n_deep, 2, [0, 2], [1, 3], rng),
    )
    rules = optimizers_for(model, 32)
    fit(model, rules, train, rng=np.random.default_rng(1), epochs=2, batch_size=32)
    again, same, same_rules = load(save(tmp_path / "m.npz", model, encoder, rules))
    rows = {"user": [0, 1, 99], "item": [3, 4, 5], "time": [7, 60, 60]}
    want, got = model.predict(encoder.encode(rows)), again.predict(same.encode(rows))
    assert got.tobytes() == want.tobytes() and same.fingerprint == encoder.fingerprint
    assert [same.deep_name(i) for i in range(same.n_deep)] == [encoder.deep_name(i) for i in range(encoder.n_deep)]
    assert all((history.inverted is not None) == (earlier is None) for history in same.history_columns)
    for one, its, many in ((model, rules, train), (again, same_rules, train)):
        fit(one, its, many, rng=np.random.default_rng(2), epochs=1, batch_size=32)
    assert weights(again) == weights(model)


def test_numbers_of_numpy_among_the_settings_are_kept(tmp_path):
    encoder = Encoder([Category("a", min_count=np.int64(1)), Buckets("n", np.int8(3))], [Category("a")]).fit(TABLE)
    deep = Deep(np.int64(encoder.n_deep), np.int64(3), encoder.n_inputs, [np.int64(6)], np.random.default_rng(0),
                dropout=np.float32(0.5))  # fmt: skip
    model = WideDeep(wide=Wide(np.int64(encoder.n_wide)), deep=deep)
    rules = {"wide": FTRL(np.float32(0.1), l1=np.float32(0.5)), "deep": AdaGrad(np.float64(0.1)), "bias": SGD(0.1)}
    train(model, encoder, rules)
    again, same, _ = load(save(tmp_path / "m.npz", model, encoder, rules))
    assert weights(again) == weights(model) and same.fingerprint == encoder.fingerprint


def test_an_open_file_will_do(saved, tmp_path):
    model, encoder, rules = load(saved)
    file = io.BytesIO()
    assert save(file, model, encoder, rules) is file
    file.seek(0)
    assert weights(load(file)[0]) == weights(model)
    with open(saved, "rb") as opened:
        assert weights(load(opened)[0]) == weights(model)
    with pytest.raises(ValueError, match="not a whole archive"):
        load(io.BytesIO(b"something else"))


def test_parts_of_two_models_are_not_kept_together(tmp_path):
    model, encoder, rules = build()
    train(model, encoder, rules)
    other, other_encoder, other_rules = build()
    train(other, other_encoder, other_rules)
    with pytest.raises(ValueError, match="memory of other steps"):
        save(tmp_path / "m.npz", model, encoder, other_rules)
    fewer = Encoder(encoder.wide, encoder.deep, encoder.numbers).fit({k: v[:2] for k, v in TABLE.items()})
    with pytest.raises(ValueError, match="save: another encoder"):
        save(tmp_path / "m.npz", model, fewer, rules)
    with pytest.raises(ValueError, match="wide.w has .* rows, and the encoder"):
        save(tmp_path / "m.npz", build()[0], fewer)
    assert list(tmp_path.iterdir()) == []


# ---- archives of earlier versions


ARCHIVES = Path(__file__).parent / "archives"


def test_an_archive_of_version_1_is_read_and_goes_on_training():
    """Written by version 1, in which many kinds had other names; what its model said stands beside it."""
    said = json.loads((ARCHIVES / "version-1.json").read_text())
    model, encoder, rules = load(ARCHIVES / "version-1.npz")
    batch = encoder.encode({name: np.array(column) for name, column in said["table"].items()}, np.array(said["labels"]))
    np.testing.assert_allclose(model.logits(batch)[:, 0], said["logits"], rtol=1e-6)
    assert [type(rule).__name__ for rule in rules.values()] == ["FTRL", "WeightDecay", "WeightDecay", "Adam"]
    assert [factor for _, factor in rules["wide"].blocks] == [1, 1, 1, 0.5] and not hasattr(rules["wide"], "pace")
    fit(model, rules, batch, rng=np.random.default_rng(2), epochs=2, batch_size=8)
    np.testing.assert_allclose(model.logits(batch)[:, 0], said["logits after two more epochs"], rtol=1e-5, atol=1e-6)


def test_an_ordinal_model_of_version_1_is_read():
    said = json.loads((ARCHIVES / "version-1.json").read_text())
    model, encoder, _ = load(ARCHIVES / "version-1-ordered.npz")
    assert type(model).__name__ == "OrdinalRegression" and model.thresholds == [1, 2, 3]
    batch = encoder.encode({name: np.array(column) for name, column in said["table"].items()})
    np.testing.assert_allclose(model.logits(batch), said["ordered logits"], rtol=1e-6)


def test_an_archive_of_version_2_is_read_and_goes_on_training():
    """It has no digest."""
    said = json.loads((ARCHIVES / "version-2.json").read_text())
    model, encoder, rules = load(ARCHIVES / "version-2.npz")
    columns = {name: np.array(column, object if None in column else None) for name, column in said["table"].items()}
    batch = encoder.encode(columns, np.array(said["labels"]))
    np.testing.assert_allclose(model.logits(batch)[:, 0], said["logits"], rtol=1e-5, atol=1e-6)
    fit(model, rules, batch, rng=np.random.default_rng(2), epochs=2, batch_size=8)
    np.testing.assert_allclose(model.logits(batch)[:, 0], said["logits after two more epochs"], rtol=1e-4, atol=1e-5)


def test_an_archive_of_an_earlier_version_is_written_anew_as_version_3(tmp_path):
    model, encoder, rules = load(ARCHIVES / "version-2.npz")
    path = save(tmp_path / "m.npz", model, encoder, rules)
    with np.load(path) as archive:
        assert json.loads(archive["about"].tobytes())["version"] == 3 and archive["digest"].shape == (32,)
    again, same, others = load(path)
    assert weights(again) == weights(model) and memories(others) == memories(rules)
    assert same.fingerprint == encoder.fingerprint


def test_blocks_come_back(tmp_path):
    encoder = Encoder(wide=[Category("a")]).fit({"a": list("xyz")})
    rules = {"wide": FTRL(batch_size=3, blocks=[(4, 0.5)]), "bias": SGD(0.1)}
    save(tmp_path / "model.npz", WideDeep(wide=Wide(encoder.n_wide)), encoder, rules)
    assert load(tmp_path / "model.npz")[2]["wide"].blocks == [[4, 0.5]]


@pytest.mark.parametrize("load_it", ["import widedeep; widedeep.load", "from widedeep.saving import load; load"])
def test_a_program_that_does_nothing_but_load(tmp_path, load_it):
    """A served model: its process has imported neither the towers nor the rules."""
    model, rules, encoder, batch = small(np.random.default_rng(0))
    path = save(tmp_path / "model.npz", model, encoder, rules)
    program = f"{load_it}({str(path)!r})[0].made_for == {encoder.fingerprint!r} or exit(3)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_archive_is_what_its_page_says(tmp_path):
    """docs/exports.md: read with NumPy and JSON alone, down to the logit of each row."""
    model, encoder, rules = build(("wide",))
    train(model, encoder, rules)
    path = save(tmp_path / "model.npz", model, encoder, rules)
    with np.load(path, allow_pickle=False) as archive:
        arrays = dict(archive)
    about = json.loads(arrays["about"].tobytes())
    assert set(about) == {"version", "dtype", "towers", "encoder", "optimizers"} and about["version"] == 3
    assert set(arrays) == {"about", "digest", "params/wide.w", "params/bias.b", "memory/wide/w/0", "memory/wide/w/1",
                           "memory/bias/b/0"}  # fmt: skip
    assert about["towers"]["wide"]["kind"] == "Wide" and about["optimizers"]["wide"]["rule"] == "FTRL"
    columns = about["encoder"]["columns"]

    def ids(number, row):
        column = columns[number]
        state, value = column["state"], TABLE[column["state"]["name"]][row] if not column["parts"] else None
        if column["kind"] == "Category":
            return [1 + state["values"].index(value)]
        if column["kind"] == "Bag":
            return [1 + state["values"].index(part) for part in value]
        if column["kind"] == "Buckets":
            return [1 + sum(cut <= value for cut in state["cuts"])]
        keys = [0]
        for part in column["parts"]:
            base = columns[part]["state"]["size"] + 1
            keys = [key * base + i for key in keys for i in ids(part, row)]
        return [1 + state["known"].index(key) for key in keys if key in state["known"]]

    for row, want in enumerate(model.logits(encoder.encode(TABLE))[:, 0]):
        z, first = arrays["params/bias.b"][0], 0
        for number in about["encoder"]["wide"]:
            z += sum(arrays["params/wide.w"][first + i] for i in ids(number, row))
            first += columns[number]["state"]["size"]
        assert z == pytest.approx(want, abs=1e-6)
    assert np.ptp(model.logits(encoder.encode(TABLE))) > 0.01
    deep = build(("deep",))
    train(*deep)
    with np.load(save(tmp_path / "deep.npz", *deep)) as archive:
        assert {"memory/deep//0", "params/deep.E", "params/deep.mlp.0.W", "params/deep.w"} <= set(archive.files)


def test_the_encoder_in_the_place_of_the_model_is_refused(tmp_path):
    model, encoder, _ = build()
    with pytest.raises(ValueError, match=r"save: Encoder, WideDeep; want save\(path, model, encoder\)"):
        save(tmp_path / "m.npz", encoder, model)


def test_weights_of_other_names_and_shapes_are_not_filled_in():
    with pytest.raises(ValueError, match=r"weights of \['b'\]; want \['w'\], not \['b', 'w'\]"):
        fill({"w": np.zeros(3)}, {"params/b": np.zeros(3)})
    with pytest.raises(ValueError, match=r"w is float32 \(3,\); want float64 \(2,\)"):
        fill({"w": np.zeros(2)}, {"params/w": np.zeros(3, np.float32)})


def test_memory_of_a_part_of_what_is_moved_at_once_is_refused(tmp_path):
    model, encoder, optimizers = build()
    train(model, encoder, optimizers)
    optimizers["deep"].memory = {"w": (np.ones_like(model.towers["deep"].w),)}  # a part of what is moved at once
    with pytest.raises(ValueError, match="memory of w; want that of all"):
        load(save(tmp_path / "m.npz", model, encoder, optimizers))


def test_what_is_moved_at_once_goes_by_its_path():
    E, W, theta = np.zeros(2), np.zeros(3), Windows({"0.W": (2, 1), "0.b": (1,)}, np.arange(3.0))
    found = moved_at_once({"deep": {"E": {"user": E}, "mlp": theta}, "w": W})
    assert list(found) == ["deep.E.user", "deep.mlp", "w"]
    assert found["deep.E.user"] is E and found["w"] is W and found["deep.mlp"] is theta.flat
    assert moved_at_once(theta)[""] is theta.flat and moved_at_once(W)[""] is W


def test_a_rate_that_changed_after_the_last_step_does_not_move_what_was_saved(tmp_path):
    model, encoder, optimizers = build()
    optimizers["wide"] = FTRL(0.1, l1=0.01)
    train(model, encoder, optimizers)
    optimizers["wide"].lr = 0.001
    again, _, rules = load(save(tmp_path / "m.npz", model, encoder, optimizers))
    w = again.towers["wide"].w
    rules["wide"].step(again.towers["wide"].params(), {"w": np.zeros_like(w)})
    assert np.count_nonzero(w) > 0
    np.testing.assert_allclose(w, model.towers["wide"].w, rtol=1e-5)


def test_weights_that_load_would_refuse_are_refused_by_save_and_nothing_is_written(tmp_path):
    model, encoder, optimizers = build()
    model.towers["wide"].w[1] = np.nan
    with pytest.raises(ValueError, match="^save: "):
        save(tmp_path / "m.npz", model, encoder, optimizers)
    assert not list(tmp_path.iterdir())


def test_a_table_in_the_place_of_the_encoder_is_refused(tmp_path):
    model, encoder, optimizers = build()
    for wrong in ((model, TABLE), (encoder, encoder)):
        with pytest.raises(ValueError, match=r"want save\(path, model, encoder\)$"):
            save(tmp_path / "m.npz", *wrong)


def test_memory_of_other_biases_is_refused_by_save(tmp_path):
    model, encoder, optimizers = build()
    train(model, encoder, optimizers)
    optimizers["bias"].memory = {"b": (np.ones(2, np.float32),)}
    with pytest.raises(ValueError, match=r"save: optimizers for \(2,\) biases and a model with \(1,\)"):
        save(tmp_path / "m.npz", model, encoder, optimizers)
