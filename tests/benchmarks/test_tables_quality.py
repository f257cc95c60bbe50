"""Tables to measure by: the generated ones are what their names say, and learners that see them are scored."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks/ is not installed with the packages

pytest.importorskip("sklearn")
from benchmarks.tables_quality import MADE, load, others  # noqa: E402


@pytest.mark.parametrize("name", MADE)
def test_generated_tables_are_what_they_are_called(name):
    table, y = load(name, None)
    assert {len(values) for values in table.values()} == {len(y)} == {12_000}
    if name == "rare":
        assert 0.005 < np.mean(y == "1") < 0.05
    if name == "counts":
        assert y.min() == 0 and (y == np.round(y)).all() and len(np.unique(y)) > 10
    if name == "dirty":
        assert all(0.1 < np.isnan(table[column]).mean() < 0.2 for column in "abc")
        assert np.nanmax(np.abs(table["a"])) == 1e12 and np.nanmedian(np.abs(table["a"])) < 2


def test_the_two_peers_are_better_than_a_constant():
    table, y = load("dirty", None)
    order = np.random.default_rng(0).permutation(len(y))
    found = dict(others(table, y, order[:3000], order[3000:5000]))
    assert found.keys() == {"boosting", "linear"}
    assert all(figures["log_loss"] < np.log(2) for figures in found.values())


def test_a_table_that_does_not_come_along_is_asked_for():
    with pytest.raises(SystemExit, match="want --folder DIR with ecoli.csv"):
        load("ecoli", None)
