"""The demo: what it prints, the picture, every key of its JSON file, and one line where something is wrong."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

from tests.widedeep.small_sets import small_films
from widedeep import demo
from widedeep.commands.comparison import SPOKEN
from widedeep.datasets import DataUnavailable, appstore, movielens
from widedeep.recipes import recipe

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_cache_no_screen(request, monkeypatch, tmp_path):
    """An empty cache, so that nothing is found there, and another folder than the project's to be in."""
    if "download" not in request.keywords:
        monkeypatch.setenv("WIDEDEEP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def run(folder, *options):
    """The report of a run, read from its JSON file."""
    assert demo.main([*options, "--out", str(folder), "--json", str(folder / "report.json")]) == 0
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One run of the app store: (folder, report)."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, run(folder, "--data", "appstore", "--epochs", "2", "--seed", "3")


@pytest.fixture(scope="module")
def census(tmp_path_factory):
    return run(tmp_path_factory.mktemp("census"), "--data", "adult", "--epochs", "1", "--batch-size", "2000")


def test_the_folder_holds_the_picture_and_the_report_and_nothing_else(ran):
    folder, report = ran
    assert sorted(path.name for path in folder.iterdir()) == ["report.json", "widedeep-appstore.png"]
    assert Path(report["figure"]) == folder / "widedeep-appstore.png"
    picture = image.imread(report["figure"])
    assert picture.shape[0] > 200 and picture.shape[1] > 600 and picture.std() > 0.05


def test_the_report_has_the_keys_of_the_docstring(ran):
    _, report = ran
    assert set(report) == {"data", "split", "seed", "engine", "rows", "best_log_loss", "models", "heaviest", "user",
                           "liked", "recommendations", "explained", "figure"}  # fmt: skip
    assert all(key in demo.__doc__ for key in report)
    assert (report["data"], report["split"], report["seed"]) == ("appstore", "random", 3)
    assert report["rows"] == {"train": 25_200, "validation": 3_600, "test": 7_200}
    assert report["best_log_loss"] == pytest.approx(appstore.load().best_log_loss)
    assert report["explained"] is None
    assert list(report["models"]) == ["wide", "deep", "wide_deep", "ensemble"]


def test_every_model_has_its_figures(ran):
    models = ran[1]["models"]
    for name, found in models.items():
        assert (
            0.5 < found["auc"] < 1
            and 0 < found["log_loss"] < 0.7
            and 0.5 < found["accuracy"] < 1
            and found["seconds"] > 0
        )
        bins = found["calibration"]
        assert sum(bins["counts"]) == 7_200 and 0 <= bins["error"] < 0.5
        assert len(bins["predicted"]) == len(bins["observed"]) == len(bins["counts"])
        if name == "deep":
            assert found["nonzero_wide"] is found["wide_weights"] is None
        else:
            assert 0 < found["nonzero_wide"] <= found["wide_weights"] == 6_400
        if name == "ensemble":
            assert not found.get("epochs") and not found.get("history")
        else:
            assert found["epochs"] == len(found["history"]) == 2
            assert all(set(record) == {"epoch", "loss", "validation"} for record in found["history"])
    losses = {name: found["log_loss"] for name, found in models.items()}
    assert losses["ensemble"] < (losses["wide"] + losses["deep"]) / 2  # the loss is convex in p
    assert len({round(loss, 6) for loss in losses.values()}) == 4
    assert models["ensemble"]["seconds"] == pytest.approx(models["wide"]["seconds"] + models["deep"]["seconds"])


def test_the_heaviest_weights_come_first(ran):
    sizes = [abs(term["weight"]) for term in ran[1]["heaviest"]]
    assert len(sizes) == 10 and sizes == sorted(sizes, reverse=True) and sizes[-1] > 0
    assert all(set(term) == {"feature", "weight"} for term in ran[1]["heaviest"])
    assert {term["weight"] > 0 for term in ran[1]["heaviest"]} == {True, False}  # magnitude counts, not the sign


def assert_adds_up(reasons):
    assert set(reasons) == {"wide", "deep", "bias", "logit"}
    total = sum(term["weight"] for term in reasons["wide"]) + reasons["deep"] + reasons["bias"]
    assert abs(total - reasons["logit"]) <= 1e-6 * max(1, abs(reasons["logit"]))


def test_ten_recommendations_with_reasons_that_add_up(ran):
    _, report = ran
    found = report["recommendations"]
    assert len(found) == 10
    for r in found:
        assert set(r) == {"item", "title", "probability", "reasons"}
        assert_adds_up(r["reasons"])
        assert r["probability"] == pytest.approx(1 / (1 + np.exp(-r["reasons"]["logit"])), rel=1e-9)
    chances = [r["probability"] for r in found]
    assert chances == sorted(chances, reverse=True)


def test_apps_that_are_installed_or_were_shown_are_not_recommended(ran):
    _, report = ran
    data = appstore.load()
    shown = set(data.table["title"][data.table["user"] == report["user"]].tolist())
    assert report["liked"] and shown
    assert not {r["title"] for r in report["recommendations"]} & (shown | set(report["liked"]))


def test_what_is_printed_stands_in_the_report(tmp_path, capsys):
    report = run(tmp_path, "--data", "appstore", "--epochs", "1", "--top", "3", "--user", "7")
    out = capsys.readouterr().out
    assert len(report["recommendations"]) == 3 and report["user"] == 7
    for name, found in report["models"].items():
        row = next(line for line in out.splitlines() if line.startswith(SPOKEN[name] + "  "))
        assert f"{found['auc']:.4f}" in row and f"{found['log_loss']:.4f}" in row and f"{found['accuracy']:.4f}" in row
    for r in report["recommendations"]:
        assert f"{r['probability']:.3f}  {r['title']}" in out
    assert (
        report["heaviest"][0]["feature"] in out and report["figure"] in out and f"{report['best_log_loss']:.4f}" in out
    )


def test_two_runs_differ_in_seconds_only(ran, tmp_path):
    again = run(tmp_path, "--data", "appstore", "--epochs", "2", "--seed", "3")
    other = run(tmp_path, "--data", "appstore", "--epochs", "2", "--seed", "4")

    def timeless(report):
        return {**report, "figure": None, "seed": None,
                "models": {name: {**model, "seconds": None} for name, model in report["models"].items()}}  # fmt: skip

    assert timeless(again) == timeless(ran[1]) != timeless(other)


def test_the_demo_keeps_to_one_blas_thread(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads():
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]

    seen = []
    monkeypatch.setattr(demo, "run", lambda args: seen.append(threads()))
    with threadpoolctl.threadpool_limits(2, "blas"):
        before = threads()
        assert demo.main(["--quick"]) == 0
        assert seen == [[1] * len(before)] and threads() == before


def test_adult_has_no_recommendations_and_explains_one_person(census):
    assert census["data"] == "adult" and census["recommendations"] == [] and census["liked"] == []
    assert census["user"] is None and census["best_log_loss"] is None
    explained = census["explained"]
    assert set(explained) == {"probability", "label", "reasons"} and explained["label"] in (0, 1)
    assert_adds_up(explained["reasons"])
    assert explained["probability"] == pytest.approx(1 / (1 + np.exp(-explained["reasons"]["logit"])))


def test_without_json_only_the_picture_is_written(tmp_path):
    assert demo.main(["--data", "appstore", "--epochs", "1", "--out", str(tmp_path / "new" / "folder")]) == 0
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["widedeep-appstore.png"]


def test_quick_without_a_cache_takes_the_app_store_and_says_why(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(movielens, "_fetch", lambda *args: pytest.fail("--quick went to the network"))
    report = run(tmp_path, "--quick")
    first = capsys.readouterr().out.splitlines()[0]
    assert report["data"] == "appstore" and report["models"]["wide_deep"]["epochs"] == 2
    assert first.startswith("The app store instead of MovieLens-100K") and "cache" in first


def test_asked_for_by_name_movielens_is_not_replaced(tmp_path, capsys):
    assert demo.main(["--quick", "--data", "movielens", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: MovieLens-100K is not in the cache")


def fails(options, capsys):
    """Exit code 2, one line that says error, no traceback.  argparse puts its usage above the line."""
    try:
        code = demo.main(options)
    except SystemExit as exit:
        code = exit.code
    captured = capsys.readouterr()
    assert code == 2 and "Traceback" not in captured.err and "on test rows" not in captured.out
    lines = captured.err.strip().splitlines()
    assert sum("error: " in line for line in lines) == 1
    assert len(lines) == 1 or lines[0].startswith("usage: ")
    return lines[-1]


@pytest.mark.parametrize(
    "options, words",
    [
        (["--data", "appstore", "--user", "99999"], "--user 99999: unknown; appstore has users 0 to 3999"),
        (["--data", "adult", "--user", "1"], "--user: Adult has people but no items"),
        (["--top", "0"], "--top 0: want at least 1"),
        (["--epochs", "0"], "--epochs 0: want at least 1"),
        (["--batch-size", "0"], "--batch-size 0: want at least 1"),
        (["--seed", "-1"], "--seed -1: want at least 0"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--data", "criteo"], "invalid choice: 'criteo'"),
        (["--user", "ann"], "invalid int value: 'ann'"),
        (["--data", "adult", "--folder", "x"], "--folder is for MovieLens"),
        (["--folder", "no/such/folder"], "there is no such folder"),
        (["--engine", "jax", "--with", "x"], "--with runs your own functions, and --engine jax runs none of them"),
        (["--engine", "torch"], "invalid choice: 'torch'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_told_in_one_line_and_nothing_is_written(options, words, tmp_path, capsys):
    out = tmp_path / "out"
    assert words in fails([*options, "--out", str(out), "--json", str(out / "report.json")], capsys)
    assert not out.exists() or list(out.iterdir()) == []


def test_a_folder_of_other_files_is_refused(tmp_path, capsys):
    (tmp_path / "ml").mkdir()
    for name in ("u.data", "u.item", "u.user"):
        (tmp_path / "ml" / name).write_text("1\t2\t3\t4\n")
    assert "u.data" in fails(["--folder", str(tmp_path / "ml")], capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ml"]


def test_an_engine_that_is_missing_is_told_before_any_work(tmp_path):
    program = """
import sys
sys.modules["jax"] = None                                           # as if it were not installed
from widedeep import demo
raise SystemExit(demo.main(["--data", "adult", "--engine", "jax", "--out", sys.argv[1]]))
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and list(tmp_path.iterdir()) == []
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: --engine jax: ") and "pip install 'widedeep[jax]'" in line


def test_best_with_histories_is_not_for_the_compiled_engine(tmp_path, capsys, monkeypatch):
    pytest.importorskip("jax", reason="JAX is not installed: pip install 'widedeep[jax]'")
    monkeypatch.setattr(demo, "load_data", lambda *args, **settings: small_films())
    line = fails(["--best", "--engine", "jax", "--out", str(tmp_path)], capsys)
    assert "--best has histories" in line and list(tmp_path.iterdir()) == []


def test_the_compiled_engine_prints_what_numpy_prints(ran, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed: pip install 'widedeep[jax]'")
    report = run(tmp_path, "--data", "appstore", "--epochs", "2", "--seed", "3", "--engine", "jax")
    assert (report["engine"], ran[1]["engine"]) == ("jax", "numpy")
    for name, model in ran[1]["models"].items():
        for figure in ("auc", "log_loss", "accuracy"):
            assert report["models"][name][figure] == pytest.approx(model[figure], abs=2e-3), (name, figure)


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_a_place_that_cannot_be_written_is_told_before_any_work(option, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(recipe, "train", lambda *args, **settings: pytest.fail("trained first"))
    (tmp_path / "file").write_text("text")
    line = fails(["--data", "appstore", option, str(tmp_path / "file" / "x")], capsys)
    assert "file" in line and "--out" in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "text"


def test_a_report_that_is_a_folder_is_told_before_any_work(tmp_path, capsys, monkeypatch):
    trained = []
    monkeypatch.setattr(recipe, "train", lambda *args, **settings: trained.append(1) or [])
    (tmp_path / "folder").mkdir()
    fails(["--data", "appstore", "--epochs", "1", "--json", str(tmp_path / "folder")], capsys)
    assert trained == [] and [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_ctrl_c_ends_in_one_line_and_nothing_is_written(tmp_path, capsys, monkeypatch):
    def interrupted(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "train", interrupted)
    out = tmp_path / "out"
    assert demo.main(["--data", "appstore", "--out", str(out), "--json", str(out / "report.json")]) == 130
    assert capsys.readouterr().err.strip().splitlines() == ["stopped."]
    assert list(out.iterdir()) == []


def test_a_report_that_fails_half_way_leaves_the_old_one(ran, tmp_path, monkeypatch):
    (tmp_path / "report.json").write_text("old")

    def full(path, text, *args, **settings):
        with open(path, "w") as file:
            file.write(text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    options = ["--data", "appstore", "--epochs", "1", "--out", str(tmp_path), "--json", str(tmp_path / "report.json")]
    assert demo.main(options) == 2
    assert (tmp_path / "report.json").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "widedeep-appstore.png"]


def test_python_m_runs_it_quickly(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "widedeep.demo", "--quick", "--out", str(tmp_path)], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert time.perf_counter() - start < 30  # ten, on a machine with nothing else to do
    assert "wide & deep" in done.stdout and done.stdout.rstrip().endswith("widedeep-appstore.png")
    assert (tmp_path / "widedeep-appstore.png").stat().st_size > 10_000


@pytest.mark.download
def test_films_are_recommended_with_reasons(tmp_path):
    try:
        movielens.load()
    except DataUnavailable as error:
        pytest.skip(str(error))
    report = run(tmp_path, "--epochs", "1")
    assert report["data"] == "movielens" and len(report["recommendations"]) == 10 and report["liked"]
    for r in report["recommendations"]:
        assert_adds_up(r["reasons"])
