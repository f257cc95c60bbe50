"""The graph answers what predict answers: to 1e-5, on all test rows of the data sets and on tables with every kind."""

import json

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed: pip install 'widedeep[onnx]'")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'widedeep[onnx]'")

import onnx
import onnxruntime as ort

from tests.builders import bags
from tests.widedeep.bridges import of_train
from tests.widedeep.bridges.every_kind import HEADS, encoder, model_of, table
from tests.widedeep.ranking.builders import small as ranker
from tests.widedeep.three_towers import ratings, with_histories
from widedeep import (
    Bag,
    BagWithMissing,
    Buckets,
    Category,
    Cross,
    Deep,
    Encoder,
    Exact,
    FillMedian,
    Hashed,
    HashedCross,
    Standard,
    Wide,
    WideDeep,
    WithMissing,
)
from widedeep.auto.reading import GAPS
from widedeep.bridges.onnx import feeds, onnx_model, save_onnx
from widedeep.columns import Column
from widedeep.datasets import adult, movielens
from widedeep.features.column_plans import ColumnPlan
from widedeep.recipes import BEST, RECIPES
from widedeep.towers.with_history import DeepWithHistory


def serve(graph, inputs):
    """What onnxruntime answers on the CPU, under the graph's one output."""
    session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    (output,) = session.get_outputs()
    return session.run(None, inputs)[0], output.name


def assert_same(model, fitted, rows, opset=20):
    found, name = serve(onnx_model(model, fitted, opset), feeds(fitted, rows))
    want = model.predict(fitted.encode(rows))
    assert found.shape == want.shape and found.dtype == np.float32
    assert np.isfinite(found).all() and np.ptp(want) > 0.1  # the rows differ, so that an answer alone is not enough
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-5)
    return name


def fitted_and_rows(seed):
    rng = np.random.default_rng(seed)
    return encoder().fit(table(rng)), table(rng, 200, unseen=True), rng


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_column_cross_number_and_head(head, seed):
    fitted, rows, rng = fitted_and_rows(seed)
    assert (fitted.encode(rows).whole().wide[:, :12] == 0).any(axis=0).sum() > 5  # unknown ones are among them
    towers = ("wide", "deep", "linear", "waves", *(() if head == "classes" else ("product",)))
    name = assert_same(model_of(fitted, head, rng, towers), fitted, rows)
    assert name == {"yes or no": "probability", "regression": "prediction"}.get(head, "probabilities")


@pytest.mark.parametrize("towers", [("wide",), ("deep",), ("product",), ("product", "deep"), ("linear",), ("waves",)])
def test_towers_alone(towers):
    fitted, rows, rng = fitted_and_rows(5)
    assert_same(model_of(fitted, "yes or no", rng, towers), fitted, rows)


@pytest.mark.parametrize("part", range(12))
def test_each_wide_column_alone_has_its_own_weights(part):
    """A column whose ids were wrong by one could hide among twenty others."""
    fitted, rows, rng = fitted_and_rows(7)
    columns = encoder()
    alone = Encoder(wide=[columns.wide[part], columns.wide[(part + 12) % len(columns.wide)]]).fit(table(rng))
    model = model_of(alone, "yes or no", rng, ("wide",), scale=2.0)
    found, _ = serve(onnx_model(model, alone), feeds(alone, rows))
    np.testing.assert_allclose(found, model.predict(alone.encode(rows)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("head", of_train.HEADS)
@pytest.mark.parametrize("seed", range(3))
def test_what_widedeep_train_makes(head, seed):
    """Its rows as a file has them, with gaps, texts that say so, values never seen, and a label's unit."""
    made, rows = of_train.built(head, seed)
    batch = made.encoder.encode(rows).whole()
    assert (batch.deep == 0).any(axis=0).sum() > 3 and (rows["height"] == np.inf).any()
    found, name = serve(onnx_model(made.model, made.encoder), feeds(made.encoder, rows))
    want = made.model.predict(batch)
    assert found.shape == want.shape and np.ptp(want) > 0.5
    assert name == {"binary": "probability", "classes": "probabilities", "number": "prediction"}[head]
    unit = made.answers.spread if head == "number" else 1.0
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-5 * unit)
    answers = made.answer(rows)  # what `widedeep predict` writes
    np.testing.assert_allclose(found, np.stack(list(answers.values()), axis=1), rtol=0, atol=2e-5 * unit)


@pytest.mark.parametrize("head", of_train.HEADS)
def test_a_tables_columns_go_in_as_a_file_has_them(head):
    """Without this package: strings and float32, (N, 1)."""
    made, rows = of_train.built(head)
    graph = onnx_model(made.model, made.encoder)
    given = {name: np.array(rows[name], object).astype(str).astype(object)[:, None] for name in ("job", "tags")}
    given |= {name: rows[name].astype(np.float32)[:, None] for name in ("age", "height", "money")}
    assert sorted(given) == sorted(value.name for value in graph.graph.input)
    found, _ = serve(graph, given)
    unit = made.answers.spread if head == "number" else 1.0
    np.testing.assert_allclose(found, made.model.predict(made.encoder.encode(rows)), rtol=0, atol=1e-5 * unit)
    says = {value.name: value.doc_string for value in graph.graph.input}
    assert says["job"] == "text; '', '?' or 'n/a' is missing" and says["tags"] == "values joined by ','; '' is none"


def test_every_text_that_says_not_known():
    made, rows = of_train.built("binary")
    texts = [before + text + after for text in sorted(GAPS) for before in ("", " ", "\t") for after in ("", "\u2003")]
    texts += [text.upper() for text in sorted(GAPS)] + ["nano", "a/n", "--", "un", "n a", "null0", "cook"]
    some = {name: np.resize(values, len(texts)) for name, values in rows.items()} | {"job": texts, "tags": texts}
    given = feeds(made.encoder, some) | {name: np.array(texts, object)[:, None] for name in ("job", "tags")}
    found, _ = serve(onnx_model(made.model, made.encoder), given)
    np.testing.assert_allclose(found, made.model.predict(made.encoder.encode(some)), rtol=0, atol=1e-5)


def test_numbers_of_a_table_that_float32_cannot_hold():
    made, rows = of_train.built("number")
    some = {name: values[:4] for name, values in rows.items()} | {"age": [1e300, -1e39, "1e400", "old"]}
    found, _ = serve(onnx_model(made.model, made.encoder), feeds(made.encoder, some))
    want = made.model.predict(made.encoder.encode(some))
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-5 * made.answers.spread)


def test_dates_and_an_old_opset_are_refused_by_name():
    rng = np.random.default_rng(0)
    rows = of_train.table(rng) | {"day": np.datetime64("1997-09-20") + rng.integers(0, 999, 300)}
    fitted = of_train.encoder("binary", rows, of_train.COLUMNS | {"day": ColumnPlan("date", 4)})
    with pytest.raises(ValueError, match="^onnx: column 'day' is a date, which no operator reads; want a column"):
        onnx_model(of_train.model_of(fitted, rng), fitted)
    made, _ = of_train.built("binary")
    with pytest.raises(ValueError, match="opset 19 cannot export column 'job', a text of a table, which wants 20"):
        onnx_model(made.model, made.encoder, 19)


def test_the_plain_model_at_a_threshold():
    fitted, rows, rng = fitted_and_rows(6)
    ordinal = model_of(fitted, "ordinal", rng)
    plain = ordinal.at_threshold(2)
    assert assert_same(plain, fitted, rows) == "probability"
    both, _ = serve(onnx_model(ordinal, fitted), feeds(fitted, rows))
    one, _ = serve(onnx_model(plain, fitted), feeds(fitted, rows))
    np.testing.assert_allclose(both[:, 1:2], one, rtol=0, atol=1e-6)


@pytest.mark.parametrize("recipe", ["adult", "adult-official"])
def test_all_test_rows_of_adult(recipe):
    data, recipe = adult.load(), BEST[recipe]
    prepared = recipe.prepare(data)
    model = recipe.fit(prepared, epochs=1).model
    assert_same(model, prepared.encoder, data.rows(recipe.split, "test")[0])


@pytest.mark.download
@pytest.mark.parametrize("recipe", [RECIPES["movielens"], BEST["movielens-product"]], ids=["quick", "factors"])
def test_all_test_rows_of_movielens(recipe):
    data = movielens.load()
    prepared = recipe.prepare(data)
    model = recipe.fit(prepared, epochs=1).model  # at its threshold
    assert_same(model, prepared.encoder, data.rows(recipe.split, "test")[0])


@pytest.mark.parametrize("opset", [13, 17, 20, 21])
def test_opsets(opset):
    rng = np.random.default_rng(0)
    rows = {"a": rng.choice(["x", "y", "z"], 90), "n": rng.normal(0, 1, 90), "i": rng.integers(0, 5, 90)}
    rows["n"][:9] = np.nan
    columns = ["a", WithMissing(Buckets("n", 5)), WithMissing(Category("i"))]
    fitted = Encoder(wide=[*columns, Cross("a", columns[1])], deep=columns, numbers=[FillMedian(Standard("n"))])
    graph = onnx_model(model_of(fitted.fit(rows), "yes or no", rng), fitted, opset)
    assert [entry.version for entry in graph.opset_import if not entry.domain] == [opset]
    assert_same(model_of(fitted, "yes or no", rng), fitted, rows, opset)


@pytest.mark.parametrize("opset", [12, 10**6, "20", 20.5])
def test_an_opset_that_there_is_not(opset):
    fitted, rows, rng = fitted_and_rows(0)
    with pytest.raises(ValueError, match=rf"opset {opset}; want 13 to \d+, or 20 and newer for bags"):
        onnx_model(model_of(fitted, "yes or no", rng), fitted, opset)


@pytest.mark.parametrize(
    "column, rows, what",
    [
        (Bag("c"), bags(("a",), ("b",)), "column 'c', a bag,"),
        (BagWithMissing("c"), bags(("a",), None), "column 'c', a bag,"),
        (WithMissing(Category("c")), ["a", None], "column 'c', of texts that may be missing,"),
    ],
)
def test_an_opset_too_old_names_the_column(column, rows, what):
    fitted = Encoder(wide=[column]).fit({"c": rows})
    with pytest.raises(ValueError, match=f"opset 19 cannot export {what} which wants 20 or newer: opset=20"):
        onnx_model(WideDeep(wide=Wide(fitted.n_wide)), fitted, 19)


def test_rows_of_all_lengths():
    fitted, rows, rng = fitted_and_rows(1)
    model = model_of(fitted, "yes or no", rng)
    graph = onnx_model(model, fitted)
    empty = {name: values[:2] for name, values in rows.items()} | {
        "genres": bags((), ()),
        "tags": ["", ""],
        "labels": ["", None],
        "years": bags((), None),
    }
    long = {name: values[:1] for name, values in rows.items()} | {"genres": bags(("war", "noir", "drama") * 99)}
    for some in (empty, long, {name: values[:1] for name, values in rows.items()}):
        found, _ = serve(graph, feeds(fitted, some))
        np.testing.assert_allclose(found, model.predict(fitted.encode(some)), rtol=0, atol=1e-5)


def test_an_answer_is_nan_where_the_encoder_refuses_a_number():
    rng = np.random.default_rng(0)
    rows = {name: np.arange(20.0) for name in ("n", "m", "k", "i", "j")}
    columns = [Buckets("n", 4), WithMissing(Buckets("m", 4)), Category("i"), WithMissing(Category("j"))]
    numbers = [FillMedian(Standard("k", log1p=True))]
    fitted = Encoder(wide=columns, deep=columns, numbers=numbers).fit(rows)
    graph = onnx_model(model_of(fitted, "yes or no", rng), fitted)
    cases = [("n", np.nan), ("n", np.inf), ("n", 1e30), ("m", np.nan), ("m", -np.inf), ("k", np.nan), ("k", np.inf)]
    cases += [("k", -1.0), ("k", -2.0), ("i", np.nan), ("j", np.nan), ("j", np.inf)]
    for name, value in cases:
        bad = {key: x[:3].copy() for key, x in rows.items()}
        bad[name][1] = value
        try:
            want = model_of(fitted, "yes or no", np.random.default_rng(0)).predict(fitted.encode(bad))
        except ValueError:
            want = np.array([[0], [np.nan], [0]])
        found, _ = serve(graph, {key: x.astype(np.float32)[:, None] for key, x in bad.items()})
        np.testing.assert_array_equal(np.isnan(found), np.isnan(want), err_msg=f"{name} {value}")


def test_strings_go_in_as_anyone_writes_them():
    """Without this package: the texts of the table, joined."""
    rows = {"city": ["Rome", "Oslo", "Rome", "Bonn"], "tags": ["a, b", "b", "", "c,a"]}
    fitted = Encoder(wide=["city", Bag("tags", sep=","), Cross("city", Bag("tags", sep=","))]).fit(rows)
    model = model_of(fitted, "yes or no", np.random.default_rng(0), ("wide",))
    graph = onnx_model(model, fitted)
    given = {
        "city": np.array([["Rome"], ["Oslo"], ["Rome"], ["Paris"]], object),
        "tags": np.array([["a, b"], ["b "], [""], ["c, a"]], object),
    }
    found, _ = serve(graph, given)
    as_lists = {name: column[:, 0].tolist() for name, column in given.items()}
    np.testing.assert_allclose(found, model.predict(fitted.encode(as_lists)), rtol=0, atol=1e-6)


def test_what_the_graph_says_of_itself():
    fitted, rows, rng = fitted_and_rows(0)
    graph = onnx_model(model_of(fitted, "classes", rng), fitted)
    (said,) = graph.metadata_props
    about = json.loads(said.value)
    assert said.key == "widedeep" and about["fingerprint"] == fitted.fingerprint
    assert about["classes"] == ["red", "green", 3] and about["missing bag"] == "<missing>"
    assert about["separators"] == {"genres": "|", "years": "|", "tags": ",", "labels": ","}
    given = {value.name: value.doc_string for value in graph.graph.input}
    assert list(given) == fitted.reads and given["age"] == "a number; NaN is missing"
    assert given["tags"] == "values joined by ','; '' is an empty bag, '<missing>' a missing one"
    about = onnx_model(model_of(fitted, "ordinal", rng), fitted).metadata_props[0].value
    assert json.loads(about)["thresholds"] == [1.0, 2.0, 3.0]


class Parity(Column):
    """A column of one's own."""

    def fit(self, sheet):
        self.size = 2

    def ids(self, sheet):
        return 1 + (sheet.numbers(self.name) % 2).astype(np.int32)[:, None]


class Doubled(WideDeep):
    """A head of one's own."""


def wide_alone(*columns, rows):
    fitted = Encoder(wide=list(columns)).fit(rows)
    return WideDeep(wide=Wide(fitted.n_wide)), fitted


NUMBERS = {"a": np.arange(6.0), "b": np.arange(6.0)}


@pytest.mark.parametrize(
    "model, fitted, message",
    [
        (*wide_alone(Hashed("a", 4), rows=NUMBERS), r"Hashed\('a'\) cannot be exported; want Category\('a', min_count"),
        (*wide_alone(WithMissing(Hashed("a", 4)), rows=NUMBERS), r"Hashed\('a'\) cannot be exported; want Category"),
        (*wide_alone(HashedCross("a", "b", buckets=4), rows=NUMBERS), "cannot be exported; want Cross"),
        (*wide_alone(Parity("a", ("a",)), rows=NUMBERS), r"Parity\('a'\) cannot be exported; want one of Bag, "),
        (*wide_alone("a", Bag("c"), rows=NUMBERS | {"c": bags(*[("x", "")] * 6)}), "has the value '' in its bags"),
        (*wide_alone(Bag("c"), rows={"c": bags(("<missing>",))}), "has the value '<missing>' in its bags"),
        (*wide_alone(Bag("c"), rows={"c": bags(("|;,\t\x1f",))}), "no one separator takes apart"),
        (*wide_alone(Cross(Category("c"), Bag("c", sep="|")), rows={"c": ["a|b"]}), "read by Bag .bag. and Category"),
        (*wide_alone(Cross(Category("c"), Buckets("c")), rows={"c": ["1.5", "2"]}), "Buckets .number. and Category"),
        (*wide_alone("c", rows={"c": [True, "1"]}), "column 'c' has two values that are spelled '1'; want strings"),
        (*wide_alone("probability", rows={"probability": ["a", "b"]}), "a column is called 'probability'"),
        (*wide_alone(Exact("a", 1), rows={"a": [1, 1 + 1e-12]}), r"Exact\('a'\) tells numbers apart that are equal"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_named_with_what_to_use_instead(model, fitted, message):
    with pytest.raises(ValueError, match=f"^onnx: .*{message}"):
        onnx_model(model, fitted)


def test_towers_heads_and_encoders_that_cannot_be_exported(tmp_path):
    rng = np.random.default_rng(0)
    rows, y = ratings(rng)
    histories = with_histories()
    histories.fit_encode(rows, y)
    fitted = histories.encoder
    cases = [
        (WideDeep(wide=Wide(fitted.n_wide)), histories, "the encoder is a HistoryEncoder; histories are read from"),
        (WideDeep(deep=DeepWithHistory(fitted.n_deep, 2, (2, 0), [3], rng)), fitted,
         "tower 'deep', DeepWithHistory, cannot be exported; want Deep, which reads no training rows"),
        (Doubled(wide=Wide(fitted.n_wide)), fitted, "the model is a Doubled; a graph is made of WideDeep, Regression"),
        ("model.npz", fitted, "the model is a str"),
        (ranker(np.random.default_rng(0)), fitted, "the model is a Ranker, whose lists .* want widedeep serve MODEL,"),
        (WideDeep(wide=Wide(fitted.n_wide)), Encoder(wide=["user"]), "the encoder has learned nothing yet"),
        (WideDeep(wide=Wide(fitted.n_wide)), None, "the encoder is a NoneType; want an Encoder"),
    ]  # fmt: skip
    kept = tmp_path / "model.onnx"
    kept.write_bytes(b"the old one")
    for model, given, message in cases:
        with pytest.raises(ValueError, match=f"^onnx: {message}"):
            save_onnx(kept, model, given)
    assert kept.read_bytes() == b"the old one" and list(tmp_path.iterdir()) == [kept]
    with pytest.raises(ValueError, match="wide.w has 5 rows, and the encoder"):
        onnx_model(WideDeep(wide=Wide(5)), fitted)
    other = WideDeep(wide=Wide(fitted.n_wide))
    other.made_for = "another encoder"
    with pytest.raises(ValueError, match="another encoder"):
        onnx_model(other, fitted)
    deep = Deep(fitted.n_deep, 2, (2, 0), [3], rng)
    deep.mlp.activations[0] = np.tanh
    with pytest.raises(ValueError, match="tower 'deep' has activations other than relu"):
        onnx_model(WideDeep(deep=deep), fitted)


def test_a_file_that_onnx_and_onnxruntime_read(tmp_path):
    fitted, rows, rng = fitted_and_rows(2)
    model = model_of(fitted, "yes or no", rng)
    path = save_onnx(tmp_path / "model.onnx", model, fitted)
    assert path == tmp_path / "model.onnx" and list(tmp_path.iterdir()) == [path]
    onnx.checker.check_model(str(path), full_check=True)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(["probability"], feeds(fitted, rows))[0]
    np.testing.assert_allclose(found, model.predict(fitted.encode(rows)), rtol=0, atol=1e-5)
