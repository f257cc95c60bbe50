"""The small model: what it is trained on, and which row is shown."""

import numpy as np
import pytest

from widedeep import evaluate
from widedeep.datasets import adult
from widedeep.trace import small as small_module


def test_a_row_is_that_of_the_test_part_encoded_alone(small):
    table, labels = small.data.rows("random", "test")
    whole = small.encoder.encode(table, labels)
    one, batch = small.row(5)
    assert one["title"][0] == table["title"][5] and batch.labels[0, 0] == labels[5, 0]
    assert batch.wide[0].tolist() == [i for i in whole.wide[5] if i]
    assert sorted(batch.deep[0].tolist()) == sorted(i for i in whole.deep[5] if i)
    np.testing.assert_allclose(small.model.logits(batch), small.model.logits(whole)[5:6], rtol=1e-5)


@pytest.mark.parametrize("row", [-1, 7_200])
def test_other_rows_are_refused(small, row):
    with pytest.raises(ValueError, match=f"--row {row}: appstore has 7,200 test rows, 0 to 7199"):
        small.row(row)


def test_the_model_is_small_and_has_learned(small):
    deep = small.model.towers["deep"]
    assert deep.E.shape[1] == 4 and deep.hidden == [8, 4] and small.trained_on == 2_000
    assert small.optimizers["wide"].steps == 2_000  # one row a step
    table, labels = small.data.rows("random", "train")
    rows = {name: column[:2_000] for name, column in table.items()}
    assert evaluate(small.model.logits(small.encoder.encode(rows)), labels[:2_000])["auc"] > 0.55


def test_the_instructive_row_reaches_every_part(small, k, seen):
    assert np.count_nonzero(seen.before["wide.w"][seen.batch.wide]) >= 1
    assert all(np.count_nonzero(seen.forward[f"A{i}"]) >= 2 for i in (0, 1))
    for row in range(k):  # and it is the first
        batch = small.row(row)[1]
        active = [np.count_nonzero(A) for (_, _, A), _ in small.model.forward(batch)[1]["deep"][1]]
        assert min(active) < 2 or not small.model.towers["wide"].w[batch.wide].any()


def test_adult_has_columns_of_its_own(monkeypatch):
    monkeypatch.setattr(small_module, "ROWS", 300)
    small = small_module.small_model(adult.load())
    batch = small.row(0)[1]
    assert batch.wide.shape == (1, 5) and batch.deep.shape == (1, 3) and batch.numbers.shape == (1, 2)
    assert small.wide_name(int(batch.wide[0, 0])).startswith("education=")
