"""What `fit` takes, `predict` and the metrics take, too; a hint is code that works on what came."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import mlp
from mlp import MLP, SGD, softmax, softmax_cross_entropy, squared_error
from perceptron import (
    LogisticNeuron,
    Perceptron,
    identity,
    log_loss,
    net_sum,
    relu,
    sigmoid,
    step,
    tanh,
    three_steps,
)
from widedeep import (
    EMA,
    Bag,
    Buckets,
    Category,
    Classes,
    Deep,
    Encoder,
    Hashed,
    OrdinalRegression,
    Regression,
    Standard,
    Wide,
    WideClasses,
    WideDeep,
    accuracy,
    auc,
    calibration,
    class_labels,
    ensemble,
    evaluate,
    evaluate_classes,
    evaluate_numbers,
    explain,
    fit,
    number_labels,
    optimizers_for,
    train_step,
)
from widedeep.explanations import by_slice

AND_X, AND_Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [0], [0], [1]]
FORMS = {
    "lists": lambda values: values,
    "tuples": lambda values: tuple(map(tuple, values)),
    "frame": pd.DataFrame,
    "nullable frame": lambda values: pd.DataFrame(values).convert_dtypes(),
    "integers": np.array,
    "float32": lambda values: np.array(values, np.float32),
    "objects": lambda values: np.array(values, object),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@every_form
@pytest.mark.parametrize("unit", [Perceptron, LogisticNeuron])
def test_a_neuron(form, unit):
    neuron, plain = unit(2), unit(2)
    neuron.fit(form(AND_X), form(AND_Y)), plain.fit(np.array(AND_X, float), np.array(AND_Y, float))
    want = plain.predict(np.array(AND_X, float))
    np.testing.assert_array_equal(neuron.predict(form(AND_X)), want)
    assert (np.round(want) == AND_Y).all()


@every_form
@pytest.mark.parametrize("loss", [log_loss, squared_error])
def test_a_network(form, loss):
    ends = []
    for make_form in (form, lambda values: np.array(values, float)):
        network = MLP([2, 4, 1], np.random.default_rng(0), np.float64)
        X, y = make_form(AND_X), make_form(AND_Y)
        mlp.fit(network, X, y, loss, SGD(0.5), rng=np.random.default_rng(1), epochs=5, batch_size=2, validation=(X, y))
        ends.append(network.forward(X)[0])
    np.testing.assert_allclose(*ends, rtol=1e-6)


def test_the_functions_of_a_neuron_read_lists():
    for f in (step, sigmoid, relu, tanh, identity):
        np.testing.assert_array_equal(f([0.5, -2.0]), f(np.array([0.5, -2.0])))
    products, z, a = three_steps([1, 2], [[3], [4]], [5], step)
    assert products.tolist() == [3, 8] and z.tolist() == [16] and a.tolist() == [1]
    assert net_sum([[1, 2]], [[3], [4]], [0.5]).tolist() == [[11.5]]
    np.testing.assert_allclose(softmax([[0.0, 0.0]]), [[0.5, 0.5]])


P, Z, Y = [[0.1], [0.8], [0.35], [0.8]], [[-2.0], [1.5], [-0.5], [1.5]], [[0], [1], [1], [0]]
METRICS = {
    "auc": lambda form: auc(form(Y), form(Z)),
    "accuracy": lambda form: accuracy(form(Y), form(P)),
    "calibration": lambda form: calibration(form(Y), form(P)).error,
    "evaluate": lambda form: evaluate(form(Z), form(Y)),
    "evaluate_numbers": lambda form: evaluate_numbers(form(Z), form(Y)),
    "evaluate_classes": lambda form: evaluate_classes(form([[1.0, -2.0]] * 4), form([[0, 1]] * 4)),
    "log_loss": lambda form: log_loss(form(Z), form(Y))[0],
    "squared_error": lambda form: squared_error(form(Z), form(Y))[0],
    "softmax": lambda form: softmax_cross_entropy(form([[1.0, -2.0]] * 4), form([[0, 1]] * 4))[0],
    "by_slice": lambda form: by_slice(form(Y), form(P), list("abab"), least=1)[1].error,
}


@pytest.mark.parametrize("form", [FORMS[name] for name in ("lists", "tuples", "frame", "nullable frame", "objects")])
@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric(form, metric):
    def plain(values):
        return np.array(values, float)

    assert metric(form) == metric(plain)


# ---- logits or probabilities? --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metric",
    [accuracy, calibration, lambda y, p: by_slice(y, p, list("abab"))],
    ids=["accuracy", "calibration", "slice"],
)
def test_a_metric_of_probabilities_refuses_logits(metric):
    with pytest.raises(ValueError, match=r"p in \[-2, 1.5\]; want probabilities.*not logits.*sigmoid\(z\)"):
        metric(Y, Z)


def test_evaluate_warns_of_probabilities():
    """edward 795: accuracy .196 for .834, without a word."""
    with pytest.warns(UserWarning, match=r"evaluate: all logits lie in \[0, 1\].*want model.logits\(batch\)"):
        evaluate(P, Y)
    with pytest.warns(UserWarning, match="evaluate_classes: every row sums to 1"):
        evaluate_classes([[0.2, 0.8], [0.5, 0.5]], [[0, 1], [1, 0]])


@pytest.mark.filterwarnings("error")
def test_logits_are_not_warned_of():
    evaluate(Z, Y)
    evaluate(np.zeros((4, 1)), Y)  # a model that knows nothing
    evaluate_classes([[0.0, 0.0], [-1.0, 2.0]], [[0, 1], [1, 0]])


# ---- hints ---------------------------------------------------------------------------------------------------------

FLAT = {"array": np.array, "list": list, "series": pd.Series, "tuple": tuple}
WANT_A_COLUMN = {
    "log_loss": lambda y: log_loss(np.zeros((4, 1)), y),
    "squared_error": lambda y: squared_error(np.zeros((4, 1)), y),
    "Perceptron.fit": lambda y: Perceptron(2).fit(AND_X, y),
    "mlp.fit": lambda y: mlp.fit(
        MLP([2, 1], np.random.default_rng(0)), AND_X, y, log_loss, SGD(0.1), rng=np.random.default_rng(0), epochs=1
    ),
    "auc": lambda y: auc(y, Z),
    "evaluate": lambda y: evaluate(Z, y),
    "encode": lambda y: Encoder(wide=["a"]).fit({"a": [1, 2, 3, 4]}).encode({"a": [1, 2, 3, 4]}, y),
    "number_labels": lambda y: number_labels(Encoder(wide=["a"]).fit({"a": [1]}).encode({"a": [1, 2, 3, 4]}), y),
}


def code_in(message):
    """The code that a message offers: the last y[...], np.reshape(...) or np.eye(...)[...] in it."""
    return re.findall(r"np\.eye\(\d+\)\[.*?\](?=\W*$)|np\.reshape\(y, \(-1, 1\)\)|y\[:, None\]", message)[-1]


@pytest.mark.parametrize("form", FLAT.values(), ids=FLAT)
@pytest.mark.parametrize("use", WANT_A_COLUMN.values(), ids=WANT_A_COLUMN)
def test_labels_of_one_dimension_get_code_that_works_on_them(use, form):
    y = form([0, 1, 1, 0])
    with pytest.raises(ValueError) as caught:
        use(y)
    assert len(str(caught.value)) <= 300
    use(eval(code_in(str(caught.value)), {"y": y, "np": np}))


@pytest.mark.parametrize(
    "values", [[0, 2, 1, 0], [0.0, 2.0, 1.0, 0.0], [[0], [2], [1], [0]], [[0.0], [2.0], [1.0], [0.0]]]
)
@pytest.mark.parametrize("form", [np.array, list, pd.DataFrame], ids=["array", "list", "frame"])
def test_class_numbers_get_code_that_makes_them_one_hot(values, form):
    """neon 234: the hint was y[:, None], and that was refused again."""
    y, X = form(values), np.ones((4, 2))
    if form is pd.DataFrame and np.ndim(values) == 1:
        y = pd.Series(values)
    uses = [
        lambda y: softmax_cross_entropy(np.zeros((4, 3)), y),
        lambda y: mlp.fit(MLP([2, 3], np.random.default_rng(0)), X, y, softmax_cross_entropy, SGD(0.1),
                          rng=np.random.default_rng(0), epochs=1),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(ValueError) as caught:
            use(y)
        use(eval(code_in(str(caught.value)), {"y": y, "np": np}))


@pytest.mark.parametrize(
    "use, words",
    [
        (lambda: Perceptron(2).fit([["a", "b"]] * 4, AND_Y), "X of list: .*want numbers"),
        (
            lambda: Perceptron(2).fit(AND_X, [["yes"], ["no"], ["no"], ["no"]]),
            r"labels of list.*\(np.asarray\(y\) == word\)",
        ),
        (lambda: Perceptron(2).fit([[0, 1], [1]], [[0], [1]]), "X of list: .*rows of one length"),
        (lambda: Perceptron(2).predict("text"), "net_sum: X of str"),
        (lambda: MLP([2, 1], np.random.default_rng(0)).forward(None), "MLP.forward: X of NoneType|does not fit"),
        (lambda: auc(Y, [["high"], ["low"], ["low"], ["low"]]), "auc: scores of list"),
        (lambda: log_loss(["a"], [[1]]), "log_loss: logits of list"),
    ],
)
def test_what_is_no_number_is_said_in_a_line(use, words):
    with pytest.raises(ValueError, match=words) as caught:
        use()
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


# ---- labels beyond a head's range ----------------------------------------------------------------------------------


def rows(n=40):
    encoder = Encoder(wide=[Category("a")]).fit({"a": np.arange(n) % 4})
    return encoder, encoder.encode({"a": np.arange(n) % 4})


def trained(model, batch, loss, **more):
    return fit(model, optimizers_for(model, 8), batch, rng=np.random.default_rng(0), epochs=1, loss=loss, **more)


def test_numbers_that_regression_could_never_answer_are_refused():
    encoder, batch = rows()
    model = Regression(1, 5, wide=Wide(encoder.n_wide))
    fine, beyond = (number_labels(batch, (low + np.arange(40) % 5)[:, None]) for low in (1, 4))
    trained(model, fine, squared_error)
    for use in (lambda: trained(model, beyond, squared_error),
                lambda: trained(model, fine, squared_error, validation=beyond)):  # fmt: skip
        with pytest.raises(
            ValueError, match=r"labels from 4 to 8, and Regression answers from 1 to 5; want Regression\(1, 8"
        ):
            use()


def test_classes_want_a_column_each():
    encoder, batch = rows()
    model = Classes("pqr", wide=WideClasses(encoder.n_wide, 3))
    trained(model, class_labels(batch, np.array(list("pqrp" * 10)), "pqr"), softmax_cross_entropy)
    with pytest.raises(ValueError, match=r"labels \(40, 4\) for 3 classes; want a column for each"):
        trained(model, class_labels(batch, np.array(list("pqrs" * 10)), "pqrs"), softmax_cross_entropy)


@pytest.mark.parametrize("names", [(1, 2, 3), np.array([1, 2, 3], np.int8), pd.Series([1.0, 2.0, 3.0])])
def test_names_of_classes_are_cells(names):
    _, batch = rows(3)
    for values in ([1, 3, 2], np.array([1, 3, 2], np.float32), pd.Series([1, 3, 2])):
        assert class_labels(batch, values, names).labels.argmax(axis=1).tolist() == [0, 2, 1]


def test_grades_that_no_threshold_divides_are_refused():
    encoder, batch = rows()
    for wrong in (np.arange(40) % 2, 10 + np.arange(40) % 5):  # labels 0 and 1; stars out of 50
        model = OrdinalRegression((1, 2, 3, 4), wide=Wide(encoder.n_wide))
        with pytest.raises(ValueError, match="thresholds .*want grades .N, 1. on both sides"):
            trained(model, number_labels(batch, wrong[:, None]), model.loss(3, auxiliary_weight=0.3))
    model = OrdinalRegression((1, 2, 3, 4), wide=Wide(encoder.n_wide))
    trained(model, number_labels(batch, (1 + np.arange(40) % 5)[:, None]), model.loss(3, auxiliary_weight=0.3))


# ---- one thing where another is wanted -----------------------------------------------------------------------------


def parts():
    """A table, labels, an encoder, a batch, a model and its optimizers."""
    table, y = {"a": [1, 2, 3, 4], "x": [1.0, 2, 3, 4]}, np.array([[0], [1], [1], [0]])
    encoder = Encoder(wide=["a"], deep=["a"], numbers=[Standard("x")]).fit(table)
    deep = Deep(encoder.n_deep, 2, encoder.n_inputs, [3], np.random.default_rng(0))
    model = WideDeep(wide=Wide(encoder.n_wide), deep=deep)
    return SimpleNamespace(table=table, y=y, encoder=encoder, batch=encoder.encode(table, y), model=model,
                           rules=optimizers_for(model, 2), rng=np.random.default_rng(0))  # fmt: skip


IN_PLACE_OF = {
    "a table for a batch": (lambda p: p.model.predict(p.table), r"is no batch; want encoder.encode\(table\)"),
    "a frame for a batch": (lambda p: p.model.logits(pd.DataFrame(p.table)), "a DataFrame.*is no batch"),
    "a pair for a batch": (
        lambda p: fit(p.model, p.rules, (p.table, p.y), rng=p.rng, epochs=1),
        "a tuple.*is no batch",
    ),
    "a table to validate": (lambda p: fit(p.model, p.rules, p.batch, p.table, rng=p.rng, epochs=1), "is no batch"),
    "a table to step": (lambda p: train_step(p.model, p.rules, p.table), "is no batch"),
    "a table to explain": (lambda p: explain(p.model, p.encoder, p.table), "explain: .*is no batch"),
    "an encoder to explain": (lambda p: explain(p.encoder, p.model, p.batch), "the model is a Encoder"),
    "one optimizer": (
        lambda p: fit(p.model, SGD(0.1), p.batch, rng=p.rng, epochs=1),
        "optimizers is a SGD; want one for",
    ),
    "a seed": (lambda p: fit(p.model, p.rules, p.batch, rng=0, epochs=1), r"rng is 0; want .*default_rng\(0\)"),
    "a seed of a tower": (lambda p: Deep(5, 2, (1, 0), [3], 0), "Deep: rng is 0; want a generator"),
    "a seed of a network": (lambda p: MLP([2, 1], 0), "MLP: rng is 0; want a generator"),
    "half an epoch": (
        lambda p: fit(p.model, p.rules, p.batch, rng=p.rng, epochs=1.5),
        "epochs 1.5; want at least 1, a whole",
    ),
    "epochs as text": (lambda p: fit(p.model, p.rules, p.batch, rng=p.rng, epochs="3"), "epochs '3'; want at least 1"),
    "a loss by name": (
        lambda p: fit(p.model, p.rules, p.batch, rng=p.rng, epochs=1, loss="log_loss"),
        "the loss is a str; want a function",
    ),
    "an encoder for a size": (
        lambda p: Wide(p.encoder),
        r"n_features is a Encoder; want a number: Wide\(encoder.n_wide\)",
    ),
    "an encoder for rows": (lambda p: Deep(p.encoder, 2, (1, 0), [3], p.rng), r"n_rows Encoder.*Deep\(encoder.n_deep"),
    "a number for inputs": (lambda p: Deep(5, 2, 1, [3], p.rng), "inputs 1.*want a number, a pair and a list"),
    "a number for layers": (lambda p: Deep(5, 2, (1, 0), 3, p.rng), "hidden 3.*want a number, a pair and a list"),
    "a class for a tower": (lambda p: WideDeep(wide=Wide), r"wide is .*; want a tower, as wide=Wide\(encoder.n_wide\)"),
    "an encoder for a model": (lambda p: optimizers_for(p.encoder, 2), "a Encoder is no model"),
    "nothing for a model": (lambda p: fit(None, p.rules, p.batch, rng=p.rng, epochs=1), "the model is a NoneType"),
    "the model second": (
        lambda p: fit(p.rules, p.model, p.batch, rng=p.rng, epochs=1),
        "the model is a dict; want fit",
    ),
    "one optimizer to step": (lambda p: train_step(p.model, SGD(0.1), p.batch), "train_step: optimizers is a SGD"),
    "a number for an optimizer": (
        lambda p: fit(p.model, p.rules | {"wide": 0.1}, p.batch, rng=p.rng, epochs=1),
        "'wide' is a float; want an optimizer",
    ),
    "a rate for an average": (
        lambda p: fit(p.model, p.rules, p.batch, rng=p.rng, epochs=1, ema=0.99),
        r"ema is 0.99; want",
    ),
    "a number to report": (
        lambda p: fit(p.model, p.rules, p.batch, rng=p.rng, epochs=1, report=3),
        "report is a int; want",
    ),
    "half a count": (lambda p: Category("a", min_count=1.5), "min_count 1.5; want at least 1, a whole number"),
    "a count as text": (lambda p: Buckets("x", n_q="10"), "n_q '10'; want at least 2"),
    "a number to split at": (lambda p: Bag("g", sep=1), "sep 1; want a separator"),
    "half a bucket": (lambda p: Hashed("a", 10.5), "buckets 10.5"),
    "X alone to validate": (
        lambda p: mlp.fit(MLP([2, 1], p.rng), AND_X, AND_Y, log_loss, SGD(0.1), rng=p.rng, epochs=1, validation=AND_X),
        r"validation is a list; want a pair, validation=\(X, y\)",
    ),
    "no optimizer": (
        lambda p: mlp.fit(MLP([2, 1], p.rng), AND_X, AND_Y, log_loss, None, rng=p.rng, epochs=1),
        "is a NoneType; want an optimizer",
    ),
    "a model for weights": (lambda p: EMA(p.model, 0.9), r"a WideDeep; want its weights: EMA\(model.params\(\), 0.9\)"),
    "a model for models": (lambda p: ensemble(p.model, p.batch), "want a list of models"),
    "no models": (lambda p: ensemble([], p.batch), "want a list of models of one kind, one or more"),
    "nothing for a network": (
        lambda p: mlp.fit(None, AND_X, AND_Y, log_loss, SGD(0.1), rng=p.rng, epochs=1),
        "NoneType; want fit",
    ),
    "a number for sizes": (lambda p: MLP(3, p.rng), "sizes 3; want"),
}


@pytest.mark.parametrize("slip, words", IN_PLACE_OF.values(), ids=IN_PLACE_OF)
def test_one_thing_in_place_of_another_is_said_in_a_line(slip, words):
    with pytest.raises(ValueError, match=words) as caught:
        slip(parts())
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)
