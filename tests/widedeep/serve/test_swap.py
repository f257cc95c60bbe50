"""The dry run: what may take another model's place."""

import numpy as np
import pytest

from widedeep import Category, Encoder
from widedeep.serve.served import Served
from widedeep.serve.swap import dry_run

from .conftest import incomes, trained


def shifted(good, by):
    model, encoder = good
    other = model.astype(np.float32)
    other.b = other.b + np.float32(by)
    return Served(other, encoder)


def test_a_model_that_is_not_worse_is_accepted(table_served, check):
    found = dry_run(table_served, Served(*incomes(3, seed=1)), check, slack=0.05)
    assert found.accepted and "not worse: log loss" in found.why and found.now <= found.was + 0.05
    assert dry_run(table_served, table_served, check).accepted


def test_a_worse_one_is_not_but_for_slack(table_served, good, check):
    found = dry_run(table_served, shifted(good, 1.0), check)
    assert not found.accepted and found.why.startswith("worse") and found.now > found.was
    assert dry_run(table_served, shifted(good, 1.0), check, slack=found.now - found.was + 1e-9).accepted


def test_a_nan_is_found(table_served, good, check):
    found = dry_run(table_served, shifted(good, np.nan), check)
    assert not found.accepted and "1000 of 1000 check rows have no finite answer" in found.why


def test_other_columns_are_refused(table_served, check):
    encoder = Encoder(wide=["education", "race"], deep=[Category("race")])
    other = Served(*trained(encoder, check.table, check.labels, 1))
    found = dry_run(table_served, other, check)
    assert not found.accepted and found.why.endswith("age, capital_gain, occupation, race")


def test_without_labelled_rows_nothing_is_accepted(table_served):
    assert "start with --check FILE" in dry_run(table_served, table_served, None).why


def test_a_shop_that_is_missing_is_refused(people_served, apps, check):
    assert "the other has none" in dry_run(people_served, Served(*apps), check).why


def test_check_rows_that_cannot_be_read_are_said(table_served, check):
    lacking = check._replace(table={name: values for name, values in check.table.items() if name != "age"})
    assert "the check rows cannot be read: unknown column 'age'" in dry_run(table_served, table_served, lacking).why


@pytest.mark.parametrize("slack", [0.0, 0.1])
def test_the_log_losses_are_those_of_the_models(table_served, good, check, slack):
    found = dry_run(table_served, shifted(good, 0.01), check, slack)
    model, encoder = good
    z = model.logits(encoder.encode(check.table))[:, 0].astype(np.float64)
    want = np.mean(np.logaddexp(0, z) - check.labels[:, 0] * z)
    assert found.was == pytest.approx(want, rel=1e-5)
