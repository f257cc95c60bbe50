"""Two files, for other programs to read; the same model, encoder and optimizers come back, bit by bit."""

import json

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="safetensors is not installed: pip install 'widedeep[safetensors]'")

import safetensors.numpy

from mlp.windows import flatten
from tests.builders import memories
from tests.widedeep.bridges import of_train
from tests.widedeep.bridges.every_kind import HEADS, encoder, model_of, table
from tests.widedeep.three_towers import ratings, small, with_histories
from widedeep import Category, Wide, WideDeep, train_step
from widedeep.bridges.safetensors import load_safetensors, save_safetensors
from widedeep.encoder import Encoder


@pytest.mark.parametrize("head", HEADS)
def test_every_head_comes_back(tmp_path, head):
    rng = np.random.default_rng(0)
    fitted = encoder().fit(table(rng))
    model, rows = model_of(fitted, head, rng), table(rng, 60, unseen=True)
    path = save_safetensors(tmp_path / "model.safetensors", model, fitted)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.encoder.json", "model.safetensors"]
    again, same, optimizers = load_safetensors(path)
    assert type(again) is type(model) and optimizers == {} and same.fingerprint == fitted.fingerprint
    assert again.predict(same.encode(rows)).tobytes() == model.predict(fitted.encode(rows)).tobytes()


@pytest.mark.parametrize("head", of_train.HEADS)
def test_what_widedeep_train_makes_comes_back_with_its_plan(tmp_path, head):
    made, rows = of_train.built(head)
    again, same, _ = load_safetensors(save_safetensors(tmp_path / "m.safetensors", made.model, made.encoder))
    assert (same.plan, same.answers, same.fingerprint) == (made.plan, made.answers, made.encoder.fingerprint)
    assert again.predict(same.encode(rows)).tobytes() == made.model.predict(made.encoder.encode(rows)).tobytes()
    assert "deep 2.mlp.0.W" in safetensors.numpy.load_file(tmp_path / "m.safetensors")


def test_optimizers_come_back_and_training_goes_on(tmp_path):
    rng = np.random.default_rng(0)
    model, rules, fitted, batch = small(rng)
    train_step(model, rules, batch, np.random.default_rng(1))
    again, _, same_rules = load_safetensors(save_safetensors(tmp_path / "m.safetensors", model, fitted, rules))
    assert memories(same_rules) == memories(rules)
    for one, its in ((model, rules), (again, same_rules)):
        train_step(one, its, batch, np.random.default_rng(2))
    for (name, w), (_, v) in zip(flatten(model.params()), flatten(again.params()), strict=True):
        assert w.tobytes() == v.tobytes(), name


def test_histories_come_back(tmp_path):
    rows, y = ratings(np.random.default_rng(0))
    histories = with_histories()
    batch = histories.fit_encode(rows, y)
    model = WideDeep(wide=Wide(histories.n_wide))
    model.towers["wide"].w[1:] = np.random.default_rng(1).normal(0, 1, histories.n_wide - 1)
    again, same, _ = load_safetensors(save_safetensors(tmp_path / "m.safetensors", model, histories))
    assert again.logits(same.encode(rows)).tobytes() == model.logits(batch).tobytes()


def test_other_programs_read_both_files(tmp_path):
    """With safetensors and json alone."""
    model, rules, fitted, _ = small(np.random.default_rng(0))
    path = save_safetensors(tmp_path / "model.safetensors", model, fitted, rules)
    arrays = safetensors.numpy.load_file(path)
    for name, w in flatten(model.params()):
        np.testing.assert_array_equal(arrays[name], w)
        assert arrays[name].dtype == np.float32
    about = json.loads((tmp_path / "model.encoder.json").read_text())
    assert about["encoder"] == json.loads(json.dumps(fitted.state()))
    assert list(about["towers"]) == ["wide", "deep", "product"]


def saved(folder):
    """Two pairs of files, of two encoders; the path of the first."""
    made = {}
    for name, values in {"model": ["a", "b"], "other": ["a", "c", "d"]}.items():
        fitted = Encoder(wide=[Category("x")]).fit({"x": values})
        made[name] = save_safetensors(folder / f"{name}.safetensors", WideDeep(wide=Wide(fitted.n_wide)), fitted)
    return made["model"]


def test_files_that_do_not_belong_together_or_are_not_whole(tmp_path):
    path = saved(tmp_path)
    whole, text = path.read_bytes(), (tmp_path / "model.encoder.json").read_bytes()

    def refused(kind, message):
        with pytest.raises(kind, match=message) as caught:
            load_safetensors(path)
        assert "BytesIO" not in str(caught.value) and "\n" not in str(caught.value)
        path.write_bytes(whole)
        (tmp_path / "model.encoder.json").write_bytes(text)

    (tmp_path / "model.encoder.json").write_bytes((tmp_path / "other.encoder.json").read_bytes())
    refused(ValueError, "model.encoder.json: of another save than model.safetensors, or changed since")
    (tmp_path / "model.encoder.json").unlink()
    refused(FileNotFoundError, "model.encoder.json: no such file; the encoder lies beside the weights")
    for cut in (0, 5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        refused(ValueError, "model.safetensors: not a whole safetensors file that NumPy can read")
    path.write_bytes(safetensors.numpy.save({"w": np.zeros(3)}))
    refused(ValueError, r"safetensors, but not of save_safetensors: it holds \['w'\]")
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    for bad, message in [
        (
            {"wide.w": np.zeros(1, np.float32), "bias.b": np.zeros(1, np.float32)},
            r"params/wide.w is \(\(1,\), 'float32'\); want \(3,\)",
        ),
        ({"wide.w": np.zeros(4, np.float32), "bias.b": np.zeros(1, np.float32)}, "model.safetensors: damaged, or"),
        ({"wide.w": np.zeros(3, np.float32)}, "model.safetensors: damaged, or not an archive.*bias.b"),
        ({"wide.w": np.eye(3, dtype=np.float32)[0], "bias.b": np.zeros(1, np.float32)}, "the digest over all members"),
    ]:
        path.write_bytes(safetensors.numpy.save(bad, metadata))
        refused(ValueError, message)
    w = {"wide.w": np.zeros(3, np.float32), "bias.b": np.zeros(1, np.float32)}
    path.write_bytes(safetensors.numpy.save(w, metadata | {"widedeep digest": "no number"}))
    refused(ValueError, "model.safetensors: the metadata's 'widedeep digest' is 'no number'")
    path.unlink()
    with pytest.raises(FileNotFoundError, match="model.safetensors: no such file"):
        load_safetensors(path)


def test_what_is_refused_leaves_the_old_files(tmp_path):
    path = saved(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    fitted = Encoder(wide=[Category("x")]).fit({"x": ["a", "b", "c", "d"]})
    with pytest.raises(ValueError, match="wide.w has 9 rows, and the encoder 5 ids"):
        save_safetensors(path, WideDeep(wide=Wide(9)), fitted)
    with pytest.raises(OSError):
        save_safetensors(tmp_path / "no folder" / "model.safetensors", WideDeep(wide=Wide(fitted.n_wide)), fitted)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
