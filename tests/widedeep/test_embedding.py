"""Embeddings: how they start, and the row of id 0, which never moves."""

import pytest

from tests.widedeep.probe import build, learn
from widedeep import Deep
from widedeep.embedding import initial_rows


def test_rows_of_the_table_start_with_variance_one_over_d(rng):
    deep = Deep(5_000, 16, (1, 0), [3], rng)
    assert deep.E[1:].var() == pytest.approx(1 / 16, rel=0.02) and not deep.E[0].any()
    assert initial_rows(5_000, 16, rng)[1:].var() == pytest.approx(1 / 16, rel=0.02)  # scale 1 unless told otherwise


def test_the_row_of_id_0_never_moves(table, encoder, batch):
    model = build(encoder)
    moved = learn(model, batch, 10)
    assert moved["wide.w"][0] == 0 and not moved["deep.E"][0].any()
    assert moved["wide.w"][1:].all() and moved["deep.E"][1:].all()
