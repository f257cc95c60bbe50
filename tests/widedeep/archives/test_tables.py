"""Encoders of every kind: what is no encoder's settings is refused."""

import pytest

from widedeep.archives.schema import Unfit
from widedeep.archives.tables import any_encoder, found


@pytest.mark.parametrize("saved, kind", [(None, "NoneType"), (["Encoder"], "list"), ("Encoder", "str")])
def test_what_are_no_settings_is_refused(saved, kind):
    with pytest.raises(Unfit, match=f"encoder is a {kind}; want settings"):
        any_encoder(saved, "encoder")


def test_what_training_found_may_hold_the_seconds_that_older_archives_kept():
    """Since then equal runs write equal bytes, whatever time they took."""
    today = {"rows": 3, "metrics": {"auc": 0.5}, "judged": {}, "chosen": {}, "epochs": {}, "held_out": 1}
    found(today, "about")
    found(today | {"seconds": 1.5}, "about")
    with pytest.raises(Unfit, match="about.seconds is -1; want"):
        found(today | {"seconds": -1}, "about")
    with pytest.raises(Unfit, match="has the unknown setting 'minutes'"):
        found(today | {"minutes": 1}, "about")
