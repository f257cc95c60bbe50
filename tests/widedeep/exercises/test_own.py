"""The demo on a student's functions: every one of them is really used, and the package is itself again afterwards."""

import numpy as np
import pytest

from mlp.dense import Dense
from widedeep import demo, train
from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.own import USED, functions_of, in_place
from widedeep.recipes import RECIPES, varied


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine")
    for name in NAMES:
        (folder / f"{name}.py").write_text("import numpy as np\n" + find(name).answers[0])
    return folder


@pytest.fixture(scope="module")
def own(folder):
    return functions_of(folder)


def quick(data, prepared, seed=0):
    recipe = varied(RECIPES[data], training={"epochs": 1})
    return recipe.fit(prepared, None, seed)


def test_the_demo_runs_on_them_and_says_so(folder, tmp_path, capsys):
    done = demo.main(["--with", str(folder), "--data", "appstore", "--quick", "--out", str(tmp_path)])
    told = capsys.readouterr().out
    assert done == 0 and str(folder) in told and all(name in told for name in USED)
    assert "wide & deep" in told and "Recommended" in told


def test_unless_all_are_right_it_says_which_are_not(folder, tmp_path, capsys):
    for name in NAMES[:3]:
        (tmp_path / f"{name}.py").write_text((folder / f"{name}.py").read_text())
    (tmp_path / "03_sigmoid.py").write_text("def sigmoid(z):\n    return z\n")
    assert demo.main(["--with", str(tmp_path), "--data", "appstore", "--quick"]) == 2
    told = capsys.readouterr().err
    assert "2 of 20 are right" in told and "04_slope (missing)" in told and "03_sigmoid" in told


@pytest.mark.slow
def test_each_is_called_and_the_same_model_comes_out(own):
    from widedeep.datasets import appstore

    prepared = RECIPES["appstore"].prepare(appstore.load())
    calls = dict.fromkeys(own, 0)

    def counted(name):
        def function(*arguments):
            calls[name] += 1
            return own[name](*arguments)

        return function

    before = train.train_step, Dense.backward
    plain = quick("appstore", prepared)
    with in_place({name: counted(name) for name in own}):
        mine = quick("appstore", prepared)
    assert (train.train_step, Dense.backward) == before
    used = {name for name, n in calls.items() if n}
    assert {"net_sum", "dense_backward", "relu_backward", "embedding_backward", "wide_backward", "ftrl_step",
            "wide_deep_backward"} <= used <= set(USED)  # fmt: skip
    z, z_plain = (trained.model.logits(prepared.validation) for trained in (mine, plain))
    assert np.corrcoef(z.ravel(), z_plain.ravel())[0, 1] > 0.9  # dropout draws other numbers


def test_a_broken_function_breaks_the_run_and_nothing_stays_behind(own):
    before = train.train_step
    with pytest.raises(ZeroDivisionError), in_place({**own, "net_sum": lambda X, W, b: 1 / 0}):
        assert train.train_step is not before
        Dense(np.ones((2, 1)), np.zeros(1), None).forward(np.ones((1, 2)))
    assert train.train_step is before
