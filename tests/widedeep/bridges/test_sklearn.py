from sklearn.utils.estimator_checks import parametrize_with_checks

from widedeep.bridges.sklearn import (
    MLPClassifier,
    MLPRegressor,
    PerceptronClassifier,
    WideDeepClassifier,
    WideDeepRegressor,
)

ALL = [PerceptronClassifier, MLPClassifier, MLPRegressor, WideDeepClassifier, WideDeepRegressor]


@parametrize_with_checks([kind() for kind in ALL])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)
