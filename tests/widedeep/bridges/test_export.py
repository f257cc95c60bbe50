"""The command: one file in, one file out, one line of what was wrong, and nothing lost."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.widedeep.bridges.every_kind import encoder, model_of, table
from tests.widedeep.three_towers import ratings, small, with_histories
from widedeep import Hashed, Wide, WideDeep, bridges, load, save
from widedeep.bridges.export import main
from widedeep.encoder import Encoder

ROOT = Path(__file__).parents[3]


def archive(folder, head="yes or no"):
    rng = np.random.default_rng(0)
    fitted = encoder().fit(table(rng))
    return save(folder / "model.npz", model_of(fitted, head, rng), fitted), table(rng, 50, unseen=True)


def export(capsys, *argv):
    code = main([str(part) for part in argv])
    return code, *capsys.readouterr()


@pytest.mark.parametrize("head", ["yes or no", "regression", "classes"])
def test_to_onnx(tmp_path, capsys, head):
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'widedeep[onnx]'")
    ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'widedeep[onnx]'")
    from widedeep.bridges.onnx import feeds

    path, rows = archive(tmp_path, head)
    code, out, err = export(capsys, path, "--to", "onnx", "--out", tmp_path / "model.onnx")
    model, fitted, _ = load(path)
    name = {"yes or no": "probability (N, 1)", "regression": "prediction (N, 1)", "classes": "probabilities (N, 3)"}
    assert (code, err) == (0, "") and out.endswith(f"output {name[head]}\n") and "inputs job, age, money" in out
    session = ort.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(None, feeds(fitted, rows))[0]
    np.testing.assert_allclose(found, model.predict(fitted.encode(rows)), rtol=0, atol=1e-5)


def test_to_torch(tmp_path, capsys):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'widedeep[torch]'")
    from widedeep.bridges.torch import to_torch

    path, _ = archive(tmp_path)
    code, out, err = export(capsys, path, "--to", "torch", "--out", tmp_path / "model.pt")
    assert (code, err) == (0, "") and f"the encoder stays in {path}" in out
    state, want = torch.load(tmp_path / "model.pt", weights_only=True), to_torch(load(path)[0]).state_dict()
    assert state.keys() == want.keys() and all(torch.equal(w, want[name]) for name, w in state.items())


def test_to_safetensors_with_the_optimizers(tmp_path, capsys):
    pytest.importorskip("safetensors", reason="safetensors is not installed: pip install 'widedeep[safetensors]'")
    from widedeep.bridges.safetensors import load_safetensors

    model, rules, fitted, batch = small(np.random.default_rng(0))
    path = save(tmp_path / "model.npz", model, fitted, rules)
    code, out, err = export(capsys, path, "--to", "safetensors", "--out", tmp_path / "model.safetensors")
    assert (code, err) == (0, "") and out.endswith(f"the encoder lies in {tmp_path / 'model.encoder.json'}\n")
    again, _, same = load_safetensors(tmp_path / "model.safetensors")
    assert again.predict(batch).tobytes() == model.predict(batch).tobytes() and same.keys() == rules.keys()


def refused(capsys, out, *argv):
    """The one line that it ends with; the file of that name is as it was, and no other one is left behind."""
    out.write_bytes(b"the old one")
    before = sorted(out.parent.iterdir())
    code, said, line = export(capsys, *argv, "--out", out)
    assert code == 2 and said == "" and line.startswith("error: ") and line.count("\n") == 1
    assert out.read_bytes() == b"the old one" and sorted(out.parent.iterdir()) == before
    return line


def test_what_cannot_be_exported_is_one_line(tmp_path, capsys):
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'widedeep[onnx]'")
    path, _ = archive(tmp_path)
    out = tmp_path / "out"
    assert "opset 12; want 13 to" in refused(capsys, out, path, "--to", "onnx", "--opset", "12")
    assert "opset 19 cannot export column" in refused(capsys, out, path, "--to", "onnx", "--opset", "19")
    hashed = Encoder(wide=[Hashed("a", 4)]).fit({"a": ["x", "y"]})
    other = save(tmp_path / "hashed.npz", WideDeep(wide=Wide(hashed.n_wide)), hashed)
    assert "Hashed('a') cannot be exported; want Category('a'" in refused(capsys, out, other, "--to", "onnx")
    rows, y = ratings(np.random.default_rng(0))
    histories = with_histories()
    histories.fit_encode(rows, y)
    other = save(tmp_path / "histories.npz", WideDeep(wide=Wide(histories.n_wide)), histories)
    assert "the encoder is a HistoryEncoder" in refused(capsys, out, other, "--to", "onnx")


@pytest.mark.parametrize("to", ["onnx", "torch", "safetensors"])
def test_files_that_are_not_there_or_no_archives(tmp_path, capsys, to):
    path, _ = archive(tmp_path)
    out = tmp_path / "out"
    assert "No such file" in refused(capsys, out, tmp_path / "none.npz", "--to", to)
    (tmp_path / "text.npz").write_text("no archive")
    assert "not a whole archive" in refused(capsys, out, tmp_path / "text.npz", "--to", to)
    whole = path.read_bytes()
    assert "that is the model itself" in export(capsys, path, "--to", to, "--out", path)[2]
    assert path.read_bytes() == whole
    assert "there is no folder" in export(capsys, path, "--to", to, "--out", tmp_path / "no" / "x")[2]
    assert "a folder; want" in export(capsys, path, "--to", to, "--out", tmp_path)[2]


def test_the_encoder_is_not_written_over_the_model(tmp_path, capsys):
    pytest.importorskip("safetensors", reason="safetensors is not installed: pip install 'widedeep[safetensors]'")
    path = archive(tmp_path)[0].rename(tmp_path / "m.encoder.json")
    whole = path.read_bytes()
    assert "over the model" in refused(capsys, tmp_path / "m.safetensors", path, "--to", "safetensors")
    assert path.read_bytes() == whole


@pytest.mark.parametrize("to, extra", [("onnx", "onnx"), ("torch", "torch"), ("safetensors", "safetensors")])
def test_a_library_that_is_missing_is_named_with_what_to_install(tmp_path, to, extra):
    path, _ = archive(tmp_path)
    program = f"import sys; sys.modules[{to!r}] = None; from widedeep.bridges.export import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", program, path, "--to", to, "--out", tmp_path / "out"],
                          cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert f"{to} is not installed; want pip install 'widedeep[{extra}]'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_options(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["model.npz", "--to", "torch", "--out", "x", "--opset", "20"])
    assert stop.value.code == 2 and "only ONNX has opsets, and --to says torch" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["model.npz", "--to", "keras", "--out", "x"])
    assert "invalid choice: 'keras'" in capsys.readouterr().err


LACKING = {  # a bridge, the module that is missing, what is to be installed
    "dask": ("dask", "dask.distributed", "widedeep.bridges.dask: dask.* is not installed; .*'widedeep.distributed.'"),
    "dask, partitions": ("dask_parts", "dask", "dask_parts: dask.* is not installed; want pip install 'widedeep.distr"),
    "tables": ("tables", "pyarrow", "tables: pyarrow.* is not installed; want pip install 'widedeep.tables.', or"),
    "jax": ("jax", "jax", "widedeep.bridges.jax: jax is not installed; want pip install 'widedeep.jax.'"),
    "onnx": ("onnx", "onnx", "widedeep.bridges.onnx: onnx is not installed; want pip install 'widedeep.onnx.'"),
    "torch": ("torch", "torch", "widedeep.bridges.torch: torch is not installed; want pip install 'widedeep.torch.'"),
    "scikit-learn": ("sklearn", "sklearn.base", "needs scikit-learn, 1.9 or newer: pip install 'widedeep.sklearn.'"),
    "narwhals": ("frames", "narwhals", "of other libraries needs narwhals: pip install 'widedeep.sklearn.'"),
}


def without(monkeypatch, library):
    """As if the library were not installed, and none of the bridges imported."""
    for name in [name for name in sys.modules if name.startswith("widedeep.bridges.")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(bridges, name.removeprefix("widedeep.bridges."), raising=False)
    monkeypatch.setitem(sys.modules, library, None)


@pytest.mark.parametrize("bridge, library, words", LACKING.values(), ids=LACKING)
def test_a_bridge_without_its_library_says_what_to_install(monkeypatch, bridge, library, words):
    without(monkeypatch, library)
    with pytest.raises(ImportError, match=words):
        import_module(f"widedeep.bridges.{bridge}")


def test_the_command_says_it_after_the_option(tmp_path, capsys, monkeypatch):
    path, _ = archive(tmp_path)
    without(monkeypatch, "torch")
    code, out, err = export(capsys, path, "--to", "torch", "--out", tmp_path / "model.pt")
    assert (code, out) == (2, "")
    assert err.startswith("error: --to torch: widedeep.bridges.torch: torch is not installed")
