import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.widedeep.bridges.builders import LIBRARIES, frame, three_classes, values
from widedeep import Buckets, Category, Cross, Encoder, Standard, evaluate, load, save
from widedeep.bridges.sklearn import (
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    WideDeepClassifier,
    WideDeepRegressor,
)
from widedeep.datasets import adult
from widedeep.recipes import RECIPES, train

ROOT = Path(__file__).parents[3]
CLASSIFIERS = [PerceptronClassifier, MLPClassifier, WideDeepClassifier]
REGRESSORS = [MLPRegressor, WideDeepRegressor]
ALL = [*CLASSIFIERS, *REGRESSORS]
each = pytest.mark.parametrize("kind", ALL)
each_classifier = pytest.mark.parametrize("kind", CLASSIFIERS)


def quick(kind, **settings):
    """With few epochs."""
    return kind(max_iter=10, random_state=0, **settings)


def data(kind, n=300, seed=0):
    """(pandas frame, labels that the kind can learn)"""
    lists, z = values(n, seed)
    return frame("pandas", lists), z if kind in REGRESSORS else np.where(z > 0.7, "yes", "no")


def said(model, X):
    """What a model answers, as precisely as it does."""
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, method):
            return getattr(model, method)(X)


@parametrize_with_checks([kind() for kind in ALL])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_scikit_learns_checks_of_the_array_api():
    """They are skipped unless SciPy is told so before it is imported: hence another process."""
    program = """
from sklearn.utils.estimator_checks import check_array_api_input
from tests.widedeep.bridges.test_sklearn import ALL
for kind in ALL:
    check_array_api_input(kind.__name__, kind(), array_namespace="numpy", expect_only_array_outputs=False)
    print(kind.__name__)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.stdout.split() == [kind.__name__ for kind in ALL], done.stderr


# Tables of all libraries


@pytest.mark.parametrize("library", LIBRARIES)
@each
def test_frames_with_all_kinds_of_columns(kind, library):
    lists, z = values()
    y = z if kind in REGRESSORS else z > 0.7
    X = frame(library, lists)
    model = kind(random_state=0).fit(X, y)
    assert model.feature_names_in_.tolist() == list(lists) and model.n_features_in_ == len(lists)
    assert model.score(X, y) > (0.5 if kind in REGRESSORS else 0.8)
    new = frame(library, values(50, seed=1)[0])
    assert said(model, new).shape[0] == 50


@each
def test_the_library_of_a_frame_changes_nothing(kind):
    lists, z = values()
    new = values(50, seed=1)[0]
    y = z if kind in REGRESSORS else three_classes(z)
    answers = [said(quick(kind).fit(frame(library, lists), y), frame(library, new)) for library in LIBRARIES]
    for answer in answers[1:]:
        np.testing.assert_allclose(answer, answers[0], rtol=1e-9)


def test_what_was_learned_can_be_read():
    X, y = data(WideDeepClassifier)
    model = WideDeepClassifier(random_state=0).fit(X, y)
    weights = {model.encoder_.wide_name(i): w for i, w in enumerate(model.model_.towers["wide"].w)}
    assert {"job missing", "age missing", "pay missing", "member missing", "since (days) missing", "likes missing",
            "job=nurse", "member=True", "likes has tea", "city=Oslo"} <= weights.keys()  # fmt: skip
    assert any(name.startswith("since (days) in [") for name in weights)
    assert "city missing" not in weights
    assert weights["job=nurse"] > 0 > weights["job=pilot"]
    names = [number.name for number in model.encoder_.numbers]
    assert names[:2] == ["age", "pay"] and {"age missing", "pay missing"} <= set(names)


@pytest.mark.parametrize("library", LIBRARIES)
def test_gaps_that_training_rows_did_not_have_and_values_never_seen(library):
    lists, z = values(gaps=False)
    model = quick(WideDeepClassifier).fit(frame(library, lists), z > 0)
    new, _ = values(20, seed=2)
    new["job"] = ["astronaut"] * 20
    assert np.isfinite(model.predict_proba(frame(library, new))).all()


def test_columns_of_an_array_of_objects():
    X = np.array([[25, "cook", None], [38, "nurse", True], [np.nan, None, False], [51, "cook", True]] * 30, object)
    y = np.array([0, 1, 1, 0] * 30)
    for rows in (X, X.tolist()):
        model = quick(WideDeepClassifier).fit(rows, y)
        assert model.score(rows, y) == 1
        names = {model.encoder_.wide_name(i) for i in range(model.encoder_.n_wide)}
        assert {"x0=25", "x1=cook", "x1 missing", "x0 missing", "x2=True"} <= names


def test_nan_in_an_array_is_missing_and_infinity_is_refused():
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = X[:, 0] > 0
    X[::5, 1] = np.nan
    for kind in CLASSIFIERS:
        assert quick(kind).fit(X, y).score(X, y) > 0.9
        with pytest.raises(ValueError, match="infinity"):
            quick(kind).fit(np.where(np.isnan(X), np.inf, X), y)
        with pytest.raises(ValueError, match="inf; want finite numbers"):
            quick(kind).fit(pd.DataFrame(np.where(np.isnan(X), np.inf, X), columns=list("abc")), y)


@each
def test_a_lazy_frame_and_a_sparse_matrix_say_what_to_do(kind):
    from scipy.sparse import csr_array

    with pytest.raises(TypeError, match=r"X\.collect\(\)"):
        kind().fit(pl.LazyFrame({"a": [1, 2]}), [0, 1])
    with pytest.raises(TypeError, match="Sparse data was passed"):
        kind().fit(csr_array(np.eye(4)), [0, 1, 0, 1])


def test_the_order_of_columns_is_that_of_training():
    X, y = data(WideDeepClassifier)
    model = quick(WideDeepClassifier).fit(X, y)
    with pytest.raises(ValueError, match="same order as they were in fit"):
        model.predict(X[X.columns[::-1]])


# What scikit-learn does with an estimator


@each
def test_in_a_pipeline_with_frames_between_the_steps(kind):
    X, y = data(kind)
    text = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    columns = ColumnTransformer(
        [("text", text, ["city"]), ("numbers", StandardScaler(), make_column_selector(pattern="age|pay"))],
        verbose_feature_names_out=False,
    )
    for output in ("default", "pandas", "polars"):
        model = make_pipeline(clone(columns).set_output(transform=output), quick(kind)).fit(X, y)
        assert len(model.predict(X)) == len(X)
        names = getattr(model[-1], "feature_names_in_", np.array([])).tolist()
        assert names == ([] if output == "default" else ["city_Oslo", "city_Rome", "age", "pay"])


@each
def test_grid_search_and_cross_validation_in_two_processes(kind):
    X, y = data(kind)
    setting = {"patience": [3, 5]}
    search = GridSearchCV(quick(kind), setting, cv=3, n_jobs=2).fit(X, y)
    assert search.best_params_.keys() == setting.keys()
    one = cross_val_score(quick(kind), X, y, cv=3)
    assert (cross_val_score(quick(kind), X, y, cv=3, n_jobs=2) == one).all()
    assert one.mean() > (0.3 if kind in REGRESSORS else 0.65)


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_cross_validation_of_other_frames(library):
    lists, z = values()
    same = [cross_val_score(quick(WideDeepClassifier), frame(name, lists), z > 0, cv=3) for name in ("pandas", library)]
    np.testing.assert_allclose(*same)


@each_classifier
def test_calibrated(kind):
    X, y = data(kind, 600)
    model = CalibratedClassifierCV(quick(kind), cv=3).fit(X, y)
    new, answers = data(kind, 300, seed=1)
    p = model.predict_proba(new)
    assert model.classes_.tolist() == ["no", "yes"]
    shares = [np.mean(answers == name) for name in model.classes_]
    assert log_loss(answers, p) < 0.9 * log_loss(answers, np.tile(shares, (300, 1)))


@each
def test_permutation_importance_finds_the_columns_that_count(kind):
    X, y = data(kind, 600)
    model = kind(random_state=0).fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=2, random_state=0).importances_mean
    strong = dict(zip(X.columns, found))
    assert min(strong["job"], strong["age"]) > max(strong["city"], strong["likes"], strong["since"])


@each
def test_a_clone_is_unfitted_and_learns_the_same(kind):
    X, y = data(kind)
    model = quick(kind).fit(X, y)
    other = clone(model)
    assert other.get_params() == model.get_params() and not hasattr(other, "encoder_")
    with pytest.raises(NotFittedError):
        other.predict(X)
    np.testing.assert_array_equal(said(other.fit(X, y), X), said(model, X))
    different = said(clone(model).set_params(random_state=1).fit(X, y), X)
    assert (different != said(model, X)).any()


# Rows, weights, classes


@each
def test_weights_are_repetitions_and_the_order_of_rows_plays_no_part(kind):
    X, y = data(kind, 600)
    rng = np.random.default_rng(3)
    weight = rng.integers(0, 4, 600)
    repeated = np.repeat(np.arange(600), weight)
    shuffled = rng.permutation(600)
    one = quick(kind).fit(X.iloc[repeated], y[repeated])
    other = quick(kind).fit(X.iloc[shuffled], y[shuffled], sample_weight=weight[shuffled])
    np.testing.assert_array_equal(said(one, X), said(other, X))
    assert (said(quick(kind).fit(X, y), X) != said(one, X)).any()
    if kind is not PerceptronClassifier:
        assert "validation" in one.history_[0]  # also where rows are kept apart


@each
def test_the_best_epoch_is_kept_and_training_stops(kind):
    X, y = data(kind, 600)
    if kind is PerceptronClassifier:
        model = kind(random_state=0).fit(X, y)
        losses = [record["loss"] for record in model.history_]
    else:
        model = kind(random_state=0, patience=3, max_iter=400, learning_rate=0.05).fit(X, y)
        losses = [record["validation"] for record in model.history_]
    patience = model.patience
    assert model.n_iter_ == len(losses) < model.max_iter
    assert np.argmin(losses) == len(losses) - 1 - patience


@each_classifier
def test_class_weights(kind):
    X, y = data(kind, 600)
    rare = np.where(np.arange(600) % 8 == 0, y, "no")
    plain, balanced, dear = (quick(kind, class_weight=weight).fit(X, rare)
                             for weight in (None, "balanced", {"yes": 50.0}))  # fmt: skip
    share = [np.mean(model.predict(X) == "yes") for model in (plain, balanced, dear)]
    assert share[0] < share[1] and share[0] < share[2]
    totals = {name: np.mean(rare == name) for name in ("no", "yes")}
    by_hand = np.array([1 / (2 * totals[name]) for name in rare])
    np.testing.assert_allclose(said(quick(kind).fit(X, rare, by_hand), X), said(balanced, X), rtol=1e-6)


@each_classifier
def test_several_classes_with_names(kind):
    lists, z = values(900)
    X, y = frame("pandas", lists), three_classes(z)
    model = kind(random_state=0).fit(X, y)
    assert model.classes_.tolist() == ["high", "low", "middle"]
    assert model.score(X, y) > 0.6 and said(model, X).shape == (900, 3)
    if kind is not PerceptronClassifier:
        p = model.predict_proba(X)
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert (model.classes_[p.argmax(axis=1)] == model.predict(X)).all()


@each
def test_partial_fit_goes_on(kind):
    X, y = data(kind, 600)
    model = quick(kind)
    before = None
    for epoch in range(1, 13):
        for start in (0, 300):
            more = {"classes": ["no", "yes"]} if kind in CLASSIFIERS else {}
            model.partial_fit(X[start:start + 300], y[start:start + 300], **more)  # fmt: skip
        before = model.score(X, y) if epoch == 1 else before
    assert model.n_iter_ == 24
    assert model.score(X, y) > (0.5 if kind in REGRESSORS else 0.8)
    n = model.n_iter_
    assert model.fit(X, y).n_iter_ < n  # fit begins anew
    assert model.partial_fit(X, y).n_iter_ == len(model.history_) + 1  # and partial_fit goes on from there


@each_classifier
def test_partial_fit_on_rows_of_one_class(kind):
    X, y = data(kind)
    model = quick(kind).partial_fit(X[y == "yes"], y[y == "yes"], classes=["no", "yes"])
    model.partial_fit(X[y == "no"], y[y == "no"])
    assert model.classes_.tolist() == ["no", "yes"] and len(model.predict(X)) == len(X)
    with pytest.raises(ValueError, match="a label is .*maybe.*; want one of the classes"):
        model.partial_fit(X, np.where(y == "no", "maybe", y))
    with pytest.raises(ValueError, match="the first call had"):
        model.partial_fit(X, y, classes=["maybe", "no"])
    with pytest.raises(ValueError, match="1 class, .*partial_fit"):
        quick(kind).partial_fit(X[y == "no"], y[y == "no"])
    with pytest.raises(ValueError, match="want a dict"):
        quick(kind, class_weight="balanced").partial_fit(X, y)


@each
def test_errors_say_what_was_wanted(kind):
    X, y = data(kind)
    with pytest.raises(ValueError, match="(?i)sample weights .*zero"):
        quick(kind).fit(X, y, np.zeros(len(y)))
    with pytest.raises(ValueError, match="sample_weight is -1"):
        quick(kind).fit(X, y, -np.ones(len(y)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick(kind).fit(X, y[:-1])
    if kind in CLASSIFIERS:
        with pytest.raises(ValueError, match="class_weight names .*maybe"):
            quick(kind, class_weight={"maybe": 1}).fit(X, y)
        with pytest.raises(ValueError, match="class_weight 'heavy'; want None"):
            quick(kind, class_weight="heavy").fit(X, y)
        with pytest.raises(ValueError, match="class weights of all rows are zero"):
            quick(kind, class_weight={"no": 0, "yes": 0}).fit(X, y)
    else:
        with pytest.raises(ValueError, match="want numbers"):
            quick(kind).fit(X, np.array(["a", "b"] * 150))
    if kind is not PerceptronClassifier:
        with pytest.raises(ValueError, match="validation_fraction 1; want a share"):
            quick(kind, validation_fraction=1).fit(X, y)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_one_answer_for_all_rows(kind):
    X, _ = data(kind)
    model = quick(kind).fit(X, np.full(len(X), 7.0))
    np.testing.assert_allclose(model.predict(X), 7, atol=0.5 if kind is MLPRegressor else 1e-6)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_the_unit_of_the_labels_plays_no_part(kind):
    X, y = data(kind)
    one, other = quick(kind).fit(X, y), quick(kind).fit(X, 1e6 * y + 5e7)
    np.testing.assert_allclose(other.predict(X), 1e6 * one.predict(X) + 5e7, rtol=1e-3, atol=1e3)


# Encoders of your own, archives


def test_an_encoder_of_your_own():
    X, y = data(WideDeepClassifier)
    columns = [Category("city"), Buckets("x", 4)]
    encoder = Encoder(wide=[*columns, Cross("city", "x")], deep=columns, numbers=[Standard("x")])
    X = X[["city"]].assign(x=np.arange(300))
    model = quick(WideDeepClassifier, encoder=encoder).fit(X, y)
    assert not encoder.fitted and model.encoder_.fitted
    assert clone(model).encoder.state() == encoder.state()
    assert model.encoder_.wide_name(1).startswith("city=")
    with pytest.raises(ValueError, match=r"row 3: .*WithMissing\(Category\('city'\)\)"):
        model.predict(X.assign(city=X["city"].where(np.arange(300) != 3)))
    with pytest.raises(ValueError, match=r"encoder is a list; want widedeep\.Encoder"):
        quick(WideDeepClassifier, encoder=[Category("city")]).fit(X, y)
    alone = quick(WideDeepClassifier, encoder=Encoder(wide=["city"])).fit(X, y)
    assert list(alone.model_.towers) == ["wide"]
    alone = quick(WideDeepClassifier, encoder=Encoder(numbers=[Standard("x")])).fit(X, y)
    assert list(alone.model_.towers) == ["deep"]


@pytest.mark.parametrize("classes", [2, 3])
def test_archives_keep_what_was_learned(classes, tmp_path):
    lists, z = values()
    X, y = frame("pandas", lists), three_classes(z) if classes == 3 else z > 0
    estimator = quick(WideDeepClassifier).fit(X, y)
    model, encoder, rules = load(save(tmp_path / "m.npz", estimator.model_, estimator.encoder_, estimator.optimizers_))
    p = model.predict(encoder.encode(estimator.serving(X)))
    np.testing.assert_allclose(p, estimator.predict_proba(X)[:, -p.shape[1]:], rtol=1e-4)  # fmt: skip
    assert rules.keys() == {"wide", "deep", "bias"}


def test_of_many_columns_the_pair_that_decides_is_crossed_first():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.choice(list("abc"), (400, 20)), columns=[f"c{j}" for j in range(20)])
    y = (X["c18"] == "a") != (X["c19"] == "b")  # neither alone tells as much as both together
    encoder = quick(WideDeepClassifier).fit(X, y).encoder_
    crosses = [column.name for column in encoder.wide if isinstance(column, Cross)]
    assert crosses[0] == "c18 x c19"
    assert len(encoder.deep) == 20


def test_adult_as_well_as_the_packages_own_recipe():
    """6,000 rows and no argument given; the recipe has columns and settings of its own, chosen for Adult."""
    whole, recipe = adult.load(), RECIPES["adult"]
    (table, y), (others, answers) = (whole.rows("random", part) for part in ("train", "test"))
    order = np.random.default_rng(0).permutation(len(y))[:6000]
    few = {part: ({name: column[rows] for name, column in table.items()}, y[rows])
           for part, rows in (("train", order[:5400]), ("validation", order[5400:]))}  # fmt: skip
    encoder, rng = recipe.columns.encoder().fit(few["train"][0]), np.random.default_rng(0)
    own, optimizers = recipe.model(encoder, rng, ("wide", "deep"))
    train(recipe.training, own, optimizers, *(encoder.encode(*few[part]) for part in few), rng=rng)
    best = evaluate(own.logits(encoder.encode(others, answers)), answers)

    X, y = pd.DataFrame({name: column[order] for name, column in table.items()}), y[order, 0]
    p = WideDeepClassifier(random_state=0).fit(X, y).predict_proba(pd.DataFrame(others))
    assert best["auc"] > 0.91
    assert roc_auc_score(answers[:, 0], p[:, 1]) > best["auc"] - 0.003
    assert log_loss(answers[:, 0], p) < best["log_loss"] + 0.005
