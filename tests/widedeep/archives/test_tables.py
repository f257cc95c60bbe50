"""Encoders of every kind: what is no encoder's settings is refused."""

import pytest

from widedeep.archives.schema import Unfit
from widedeep.archives.tables import any_encoder


@pytest.mark.parametrize("saved, kind", [(None, "NoneType"), (["Encoder"], "list"), ("Encoder", "str")])
def test_what_are_no_settings_is_refused(saved, kind):
    with pytest.raises(Unfit, match=f"encoder is a {kind}; want settings"):
        any_encoder(saved, "encoder")
