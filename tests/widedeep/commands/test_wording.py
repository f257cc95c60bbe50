"""Wording: a line of reasons adds up."""

import pytest


def test_the_demos_line_of_reasons_names_every_tower_and_adds_up():
    import re

    from widedeep import Reasons
    from widedeep.commands.wording import terms_of

    wide = [(f"feature {k}", weight) for k, weight in enumerate((0.5, -0.25, 0.25, 0.25, 0.5))]
    reasons = Reasons(wide, 1.0, -0.5, 3.0, {"product": 1.25})
    line = "; ".join(terms_of(reasons, None))
    assert "+1.25 product part" in line
    assert sum(float(term) for term in re.findall(r"[+-]\d\.\d\d", line)) == pytest.approx(reasons.logit)
