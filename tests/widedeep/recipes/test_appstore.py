"""The recipe of the app store: both towers together beat each alone."""

import numpy as np
import pytest

from tests.widedeep.clicks import TOWERS
from tests.widedeep.recipes.builders import encode, train_recipe
from widedeep import evaluate
from widedeep.datasets import appstore


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_both_towers_together_beat_each_alone_on_the_app_store(seed):
    truth = appstore.world(seed)
    encoder, batches = encode(truth.dataset)
    test, loss = batches["test"], {}
    for towers in TOWERS:
        model = train_recipe(truth.dataset, towers, encoder, batches)
        loss["+".join(towers)] = evaluate(model.logits(test), test.labels)["log_loss"]
    both = loss.pop("wide+deep")
    assert truth.dataset.best_log_loss < both < min(loss.values()) - 0.01, (both, loss)

    # and the heaviest wide weights of the joint model are exceptions that are true, with the right sign
    effect = {f"installed has {has} AND title={shown}": e for has, shown, e in truth.exceptions}
    w = model.towers["wide"].w
    heaviest = np.argsort(-np.abs(w))[:20]
    found = [effect.get(encoder.wide_name(int(i)), 0) * w[i] > 0 for i in heaviest]
    assert sum(found) >= 19, [encoder.wide_name(int(i)) for i in heaviest]
