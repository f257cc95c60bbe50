"""What all estimators share: each kind of answer and of model writes its own parts."""

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'widedeep[sklearn]'")
pytest.importorskip("narwhals", reason="narwhals is not installed: pip install 'widedeep[sklearn]'")

from widedeep.bridges.estimator import Estimator  # noqa: E402

PARTS = {
    "strata": (1, "answer"),
    "read_answers": (5, "answer"),
    "meant": (1, "answer"),
    "begin": (2, "model"),
    "train": (3, "model"),
    "epoch": (2, "model"),
    "net_sums": (1, "model"),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_kind_of_your_own_writes_its_parts(name):
    arguments, kind = PARTS[name]
    bare = Estimator.__new__(Estimator)
    with pytest.raises(NotImplementedError, match=f"a kind of {kind} writes this"):
        getattr(bare, name)(*[None] * arguments)
