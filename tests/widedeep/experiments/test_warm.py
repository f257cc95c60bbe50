"""Growing: rows are carried over by name, with their memory."""

import copy

import numpy as np
import pytest

from mlp.optimizers import AdaGrad, Adam
from tests.widedeep.experiments.builders import NEW, OLD, encoders
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.experiments.warm import grow
from widedeep.features.hashing import Hashed
from widedeep.ftrl import FTRL
from widedeep.model import WideDeep
from widedeep.numbers import Standard
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.train import train_step
from widedeep.training.block_rates import block_rates
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide

LABELS = np.array([[1.0], [0.0], [0.0], [1.0]])


def trained(encoder, rng, adam=False):
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, (5,), rng)
    model = WideDeep(
        wide=Wide(encoder.n_wide), deep=deep, product=MatrixFactorization(encoder.n_deep, 2, [0], [1], rng)
    )
    make = Adam if adam else AdaGrad
    rules = {
        "wide": FTRL(0.3, batch_size=4, blocks=block_rates(encoder, 0.5)),
        "deep": WeightDecay(make(0.1), {"E": 0.1}),
    }
    rules |= {"product": make(0.1), "bias": make(0.1)}
    batch = encoder.encode(OLD, LABELS)
    for _ in range(5):
        train_step(model, rules, batch)
    return model, rules


@pytest.mark.parametrize("adam", [False, True])
def test_grown_for_the_same_encoder_it_goes_on_as_if_nothing_had_happened(rng, adam):
    _, encoder, _ = encoders(Hashed("c", 4))
    model, rules = trained(encoder, rng, adam)
    again, same = grow(model, encoder, encoder, rules, rng=rng)
    batch = encoder.encode(OLD, LABELS)
    for _ in range(3):
        assert again.logits(batch).tolist() == model.logits(batch).tolist()
        train_step(model, rules, batch)
        train_step(again, same, batch)
    assert same["deep"].memory is same["deep"].rule.memory and same["deep"].memory is not rules["deep"].memory


@pytest.mark.parametrize("small", [10**6, 0])
def test_rows_are_carried_by_name_with_their_memory(rng, monkeypatch, small):
    """Also where the table has outgrown the tower's vector (small = 0: from the grown model on)."""
    _, encoder, larger = encoders()
    model, rules = trained(encoder, rng)
    monkeypatch.setattr("widedeep.deep.SMALL", small)
    grown, new_rules = grow(model, encoder, larger, rules, rng=rng)
    assert grown.towers["deep"].joined == (small > 0)
    # the old rows, through either encoder, get the same logits: every name of theirs is known to both
    assert grown.logits(larger.encode(OLD)) == pytest.approx(model.logits(encoder.encode(OLD)), abs=1e-6)
    ids = {larger.wide_name(i): i for i in range(1, larger.n_wide)}
    w, n = grown.towers["wide"].w, new_rules["wide"].memory["w"][1]
    for i in range(1, encoder.n_wide):
        j = ids.pop(encoder.wide_name(i))
        assert w[j] == model.towers["wide"].w[i] and n[j] == rules["wide"].memory["w"][1][i]
    assert set(ids) == {
        "a=w",
        "b=r",
        "a=w AND bag has t",
        "a=w AND bag has v",
        "a=x AND bag has t",
        "a=y AND bag has u",
    }
    for i in ids.values():
        assert w[i] == 0 and n[i] == 0
    assert new_rules["wide"].memory["w"][2][ids["a=w"]] == 1 and new_rules["wide"].memory["w"][2][-1] == 0.5
    places = {larger.deep_name(i): i for i in range(larger.n_deep)}
    memory = new_rules["product"].memory["E"][0]
    i = next(i for i in range(encoder.n_deep) if encoder.deep_name(i) == "b=q")
    assert memory[places["b=q"]].tolist() == rules["product"].memory["E"][0][i].tolist()
    assert memory[places["b=r"]].tolist() == [0, 0] and grown.towers["product"].E[places["b=r"]].any()
    train_step(grown, new_rules, larger.encode(NEW, LABELS))


def test_growing_leaves_the_old_model_alone(rng):
    _, encoder, larger = encoders()
    model, rules = trained(encoder, rng)
    before, batch = model.logits(encoder.encode(OLD)), larger.encode(NEW, LABELS)
    kept = copy.deepcopy(rules["deep"].memory)
    grown, new_rules = grow(model, encoder, larger, rules, rng=rng)
    for _ in range(3):
        train_step(grown, new_rules, batch)
    assert model.logits(encoder.encode(OLD)).tolist() == before.tolist()
    assert all(m.tolist() == k.tolist() for m, k in zip(rules["deep"].memory[""], kept[""]))
    assert grow(model, encoder, larger, rng=rng)[1] == {}


def test_growing_refuses_other_columns(rng):
    both, encoder, _ = encoders()
    model, rules = trained(encoder, rng)
    other = Encoder(wide=[both.wide[0]], deep=both.deep).fit(OLD)
    with pytest.raises(ValueError, match="the wide columns of the two encoders differ"):
        grow(model, encoder, other, rules, rng=rng)


def test_growing_refuses_other_numbers(rng):
    old, new = (Encoder(["a"], ["a"], numbers).fit({"a": [1, 2], "x": [1.0, 2.0]}) for numbers in ([], [Standard("x")]))
    model = WideDeep(wide=Wide(old.n_wide))
    with pytest.raises(ValueError, match=r"grow: \(1, 0\) and \(1, 1\) \(columns, numbers\) into the deep tower; want"):
        grow(model, old, new, rng=rng)
