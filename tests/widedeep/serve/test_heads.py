"""Heads: yes or no, classes, numbers: the answers of `predict`, and terms that add up to them."""

import numpy as np
import pytest

from tests.widedeep.bridges import of_train
from widedeep import save
from widedeep.features.column_plans import ColumnPlan
from widedeep.serve.fields import fields_of
from widedeep.serve.heads import Head, against_all, gathered
from widedeep.serve.requests import Refused, read_rows
from widedeep.serve.served import Served
from widedeep.serve.sources import check_of_file, served_from_file
from widedeep.serve.swap import Check, dry_run


def of_rows(rows, n=40):
    """{column: values}, as a request brings them: no NaN, no infinity."""
    found = {name: np.array(rows[name][:n], object).tolist() for name in ("age", "height", "money", "job", "tags")}
    return {name: [None if isinstance(x, float) and not np.isfinite(x) else x for x in values]
            for name, values in found.items()}  # fmt: skip


@pytest.mark.parametrize("head", of_train.HEADS)
def test_predictions_are_what_widedeep_predict_writes(train_made, train_served, head):
    made, rows = train_made[head]
    served, table = train_served[head], of_rows(rows)
    assert sum(value is None for values in table.values() for value in values) > 5
    want = np.stack(list(made.answer(table).values()), axis=1)
    found = np.array(served.predict(table)).reshape(want.shape)
    unit = made.answers.spread if head == "number" else 1.0
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-5 * unit)
    assert np.ptp(want) > 0.3
    assert served.head.key == ("predictions" if head == "number" else "probabilities")


@pytest.mark.parametrize("head", of_train.HEADS)
def test_reasons_add_up_to_the_answer(train_made, train_served, head):
    made, rows = train_made[head]
    served, table = train_served[head], of_rows(rows)
    answers = made.answer(table)
    for n, found in enumerate(served.explain(table)):
        why = found["reasons"]
        assert list(why["others"]) == ["linear"]  # deep, deep 2 and deep 3 are one part
        total = sum(term["weight"] for term in why["wide"]) + why["deep"] + why["bias"] + why["others"]["linear"]
        assert total == pytest.approx(why["logit"], abs=1e-9 * made.answers.spread)
        if head == "binary":
            assert found["probability"] == pytest.approx(answers["probability"][n], abs=1e-6)
            assert why["logit"] == pytest.approx(made.net_sums(table)[n, 0], abs=1e-5)
        elif head == "number":
            assert found["prediction"] == pytest.approx(answers["prediction"][n], rel=1e-6)
        else:
            p = np.array([answers[name][n] for name in made.answers.names])
            np.testing.assert_allclose(found["probabilities"], p, rtol=0, atol=1e-6)
            assert found["class"] == made.answers.names[int(p.argmax())]
            assert why["logit"] == pytest.approx(np.log(p.max()) - np.log(p).mean(), abs=1e-4)


def test_numbers_are_explained_as_they_are_and_answered_between_their_limits(train_served):
    served = train_served["number"]
    low, high = served.model.low, served.model.high
    served = Served(served.model.astype(np.float32), served.encoder)
    served.model.b += 10 * (high - low)
    (found,) = served.explain({name: [None] for name in ("age", "height", "money", "job", "tags")})
    assert found["prediction"] == high < found["reasons"]["logit"]


def test_the_model_of_one_class_against_all(train_made):
    made, rows = train_made["classes"]
    exact, batch = made.model.astype(np.float64), made.encoder.encode(rows, dtype=np.float64).whole()
    Z = exact.logits(batch)
    for k in range(3):
        np.testing.assert_allclose(against_all(exact, k).logits(batch)[:, 0], Z[:, k] - Z.mean(axis=1), atol=1e-9)
    np.testing.assert_array_equal(exact.logits(batch), Z)  # the model is as it was


def test_what_the_head_says_of_itself(train_served, table_served):
    said = {name: served.about()["head"] for name, served in train_served.items()}
    assert said["binary"] == {"kind": "binary", "label": "binary", "names": ["no", "yes"]}
    assert said["classes"] == {"kind": "classes", "label": "classes", "names": ["blue", "green", "red"]}
    assert said["number"] == {"kind": "number", "label": "number", "names": []}
    assert table_served.about()["head"] == {"kind": "binary", "label": "", "names": []}
    assert gathered(table_served.head.explain(table_served.encoder.encode(usual(table_served)))[0][1]).others == {}


def usual(served):
    return read_rows({"rows": [{field.name: field.usual for field in served.fields}]}, served.fields, 1)


@pytest.mark.parametrize("head", of_train.HEADS)
def test_fields_are_the_tables_own_and_all_may_be_missing(train_served, head):
    fields = {field.name: field for field in train_served[head].fields}
    kinds = {"age": "number", "height": "number", "money": "number", "job": "category", "tags": "bag"}
    assert {name: field.kind for name, field in fields.items()} == kinds
    assert all(field.optional for field in fields.values()) and fields["tags"].sep == ","
    assert 18 < fields["age"].usual < 80 and fields["age"].whole and 150 < fields["height"].usual < 190
    assert fields["money"].whole and "NULL" not in fields["job"].values
    assert len(train_served[head].predict(usual(train_served[head]))) == 1


def test_a_date_comes_as_text():
    rng = np.random.default_rng(0)
    rows = of_train.table(rng) | {"day": np.datetime64("1997-09-20") + rng.integers(0, 999, 300)}
    fitted = of_train.encoder("binary", rows, of_train.COLUMNS | {"day": ColumnPlan("date", 4)})
    served = Served(of_train.model_of(fitted, rng), fitted)
    day = next(field for field in fields_of(fitted) if field.name == "day")
    assert day.kind == "date" and day.usual.startswith("1999-0") and day.schema()["type"] == ["string", "null"]
    days = ["1997-09-20", "2000-01-31T12:30", None]
    table = read_rows({"rows": [{"day": text} for text in days]}, served.fields, 9)
    some = {name: values[:1].repeat(3) for name, values in rows.items()} | {name: [None] * 3 for name in kinds_of()}
    want = served.model.predict(fitted.encode(some | {"day": days}))[:, 0]
    np.testing.assert_allclose(served.predict(table), want, rtol=0, atol=1e-6)
    assert len(set(want.tolist())) == 3
    for odd in ("20.9.1997", "1997-02-30", 19970920, ["1997-09-20"]):
        with pytest.raises(Refused, match="is no date; want text, as .1997-09-20. or") as caught:
            read_rows({"rows": [{"day": odd}]}, served.fields, 9)
        assert caught.value.field == "rows[0].day"


def kinds_of():
    return ("age", "height", "money", "job", "tags")


def test_a_number_too_far_away_is_refused_with_its_place(table_served, row):
    ok = {name: [value] * 3 for name, value in row.items()}
    with pytest.raises(Refused, match="beyond float32; want a number nearer to those of the training rows") as caught:
        table_served.predict(ok | {"age": [41, 1e290, 41]})
    assert (caught.value.status, caught.value.field) == (422, "rows[1].age")
    near = table_served.model.astype(np.float32)
    near.towers["deep"].w *= np.float32(1e38)
    near.made_for = table_served.encoder.fingerprint
    with pytest.raises(Refused, match="the row has no finite answer; want numbers nearer to those") as caught:
        Served(near, table_served.encoder).predict(ok | {"age": [41, 41, 1e38]})
    assert caught.value.field.startswith("rows[")


@pytest.mark.parametrize("head", of_train.HEADS)
def test_another_model_is_measured_by_the_labels_of_its_table(tmp_path, train_made, train_served, head):
    made, rows = train_made[head]
    names, columns = ["age", "height", "money", "job", head], []
    for name in names:
        columns.append(["" if x != x or x in (np.inf, -np.inf) else x for x in np.array(rows[name], object).tolist()])
    columns[-1][3] = "?"  # a row without a label
    lines = [",".join([*names, "tags"]), *(",".join(map(str, values)) + "," for values in zip(*columns))]
    path = tmp_path / "check.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    check = check_of_file(path, head, made.encoder)
    assert check.labels.shape == (199, 3 if head == "classes" else 1)
    served = served_from_file(save(tmp_path / "m.npz", made.model, made.encoder), lambda encoder: None)
    worse = made.model.astype(np.float32)
    worse.b += np.arange(1, 1 + len(worse.b), dtype=np.float32) * np.float32(2 * made.answers.spread)
    found = dry_run(served, Served(worse, made.encoder), check)
    word = "RMSE" if head == "number" else "log loss"
    assert not found.accepted and found.why.startswith(f"worse: {word}") and found.now > found.was
    assert found.was == pytest.approx(made.evaluate({**check.table, head: label_of(made, check)})[1][
        "rmse" if head == "number" else "log_loss"], rel=1e-4)  # fmt: skip
    assert dry_run(Served(worse, made.encoder), served, check).accepted
    with pytest.raises(ValueError, match="--label job: the model's label is"):
        check_of_file(path, "job", made.encoder)
    path.write_text("\n".join([lines[0], "1,1,1,cook,?,"]) + "\n")
    with pytest.raises(ValueError, match=f"--label {head}: every row of .* lacks it; want some"):
        check_of_file(path, head, made.encoder)


def label_of(made, check):
    if made.answers.head == "number":
        return check.labels[:, 0]
    names = np.array(made.answers.names, object)
    return names[check.labels.argmax(axis=1) if check.labels.shape[1] > 1 else check.labels[:, 0].astype(int)]


def test_a_model_of_another_label_does_not_take_its_place(train_served, table_served, check):
    found = dry_run(train_served["binary"], train_served["classes"], Check({}, np.zeros((1, 1))))
    assert not found.accepted and found.why.startswith("the new model answers another question: {'kind': 'classes'")


def test_a_shop_wants_a_model_of_yes_and_no(train_made, shop):
    made, _ = train_made["number"]
    with pytest.raises(ValueError, match="the model is a Regression, which cannot order items for people; want a Wide"):
        Served(made.model, made.encoder, shop)


def test_heads_of_ones_own_are_refused(good):
    class Doubled(type(good[0])):
        def predict(self, batch):
            return 2 * super().predict(batch)

    with pytest.raises(ValueError, match="the model is a Doubled, which gives no probability of yes; want a WideDeep"):
        Head(Doubled(**good[0].towers), good[1])
