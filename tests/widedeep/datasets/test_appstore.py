"""The generated app store: one seed one set, and a truth that is known."""

import hashlib
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from tests.widedeep.datasets.builders import assert_partition
from widedeep.datasets import appstore


@pytest.fixture(scope="module")
def world():
    return appstore.world(seed=0)


def digest(data):
    """One number for everything in a data set."""
    text = repr([(name, column.tolist()) for name, column in data.table.items()]) + repr(data.labels.tolist())
    return hashlib.sha256(text.encode()).hexdigest()


def test_appstore_same_seed_same_set_in_another_process_too(world):
    assert digest(appstore.load(0)) == digest(world.dataset)
    assert digest(appstore.load(1)) != digest(world.dataset)
    code = (
        "import hashlib; from widedeep.datasets import appstore; d = appstore.load(0); "
        "text = repr([(name, column.tolist()) for name, column in d.table.items()]) + repr(d.labels.tolist()); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(world.dataset)


@pytest.mark.parametrize("seed", range(3))
def test_appstore_never_shows_an_installed_app_nor_one_app_twice(seed):
    t = appstore.load(seed).table
    assert not any(title in bag for title, bag in zip(t["title"].tolist(), t["installed"]))
    assert len(set(zip(t["user"].tolist(), t["item"].tolist()))) == len(t["user"]) == 36_000
    sizes = [len(bag) for bag in t["installed"]]
    assert min(sizes) == 3 and max(sizes) == 10
    assert all(len(set(bag)) == len(bag) for bag in t["installed"])


def test_appstore_split_is_the_formula_and_large_enough(world):
    p = np.random.default_rng(2024).permutation(36_000)
    parts = world.dataset.splits["random"]
    assert_partition(parts, 36_000)
    np.testing.assert_array_equal(parts["train"], p[:25_200])
    np.testing.assert_array_equal(parts["validation"], p[25_200:28_800])


def test_appstore_users_and_items_join_into_the_table(world):
    d = world.dataset
    assert next(iter(d.users)) == "user" and next(iter(d.items)) == "item"
    assert set(d.users) | set(d.items) == set(d.table)
    assert len(set(d.items["title"].tolist())) == 80 and len(set(d.items["category"].tolist())) == 10
    for side, key in ((d.users, "user"), (d.items, "item")):
        for name, column in side.items():
            assert column[d.table[key]].tolist() == d.table[name].tolist()


def test_appstore_truth_is_calibrated_and_gives_the_best_log_loss(world):
    d = world.dataset
    y, z = d.labels.astype(np.float64), world.logits
    assert y.shape == z.shape == (36_000, 1)
    p = 1 / (1 + np.exp(-z))
    spread = np.sqrt((p * (1 - p)).sum())  # of the number of ones
    assert abs(y.sum() - p.sum()) < 4 * spread
    test = d.splits["random"]["test"]
    loss = np.logaddexp(0, z[test]) - y[test] * z[test]
    assert d.best_log_loss == pytest.approx(loss.mean(), abs=1e-12)
    assert 0.45 < d.best_log_loss < 0.53


def test_appstore_exceptions_are_rare_strong_and_in_the_logits(world):
    assert len(world.exceptions) == int(0.03 * 80 * 79)
    assert {effect for _, _, effect in world.exceptions} == {-4.0, 4.0}
    assert world.exceptions == sorted(world.exceptions)
    assert all(installed != shown for installed, shown, _ in world.exceptions)
    effects = {(installed, shown): effect for installed, shown, effect in world.exceptions}
    t = world.dataset.table
    total = np.array(
        [sum(effects.get((app, title), 0.0) for app in bag) for title, bag in zip(t["title"].tolist(), t["installed"])]
    )
    rest = world.logits[:, 0] - total  # taste and life alone know no exception
    assert np.abs(rest).max() < 6 and np.abs(world.logits).max() > 6
    assert abs(np.corrcoef(rest, total)[0, 1]) < 0.05
    assert 0.10 < (total != 0).mean() < 0.25
    rate = {effect: world.dataset.labels[total == effect].mean() for effect in (-4.0, 0.0, 4.0)}
    assert rate[-4.0] < 0.15 and 0.4 < rate[0.0] < 0.6 and rate[4.0] > 0.85


def test_appstore_exceptions_are_seen_often_enough_to_be_learned(world):
    table, _ = world.dataset.rows("random", "train")
    seen = Counter((app, title) for title, bag in zip(table["title"].tolist(), table["installed"]) for app in bag)
    times = [seen[installed, shown] for installed, shown, _ in world.exceptions]
    assert np.median(times) >= 15
