"""The registry: kinds by name, from one fixed table of modules; no other name is ever imported."""

import importlib
import sys

import numpy as np
import pytest

from mlp import Adam
from mlp.optimizers import Optimizer
from widedeep import Category, Deep, Encoder, Standard, Wide, WideDeep, fit, load, optimizers_for, register, save
from widedeep import registry as page
from widedeep.columns import Column
from widedeep.registry import BEYOND, GROUPS, KINDS, find, name_of


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """What a test registers is forgotten after it; what the package registers is there before it."""
    for module in BEYOND.values():
        importlib.import_module(module)
    monkeypatch.setattr(page, "KINDS", {group: dict(kinds) for group, kinds in KINDS.items()})


def test_every_kind_of_the_table_registers_itself_under_its_name():
    for name, module in BEYOND.items():
        kind = find(name, *GROUPS)
        assert kind.__name__ == name and kind is getattr(importlib.import_module(module), name)


def test_the_chapters_own_kinds_are_registered():
    known = {group: set(kinds) for group, kinds in page.KINDS.items()}
    assert {"Category", "Buckets", "Bag", "Cross"} <= known["column"] and {"Quantile", "Standard"} <= known["number"]
    assert {"Wide", "Deep"} <= known["tower"] and "WideDeep" in known["head"]
    assert {"SGD", "Momentum", "AdaGrad", "Adam", "FTRL"} <= known["rule"]


@pytest.mark.parametrize("name", ["os", "os.system", "widedeep.datasets.download", "subprocess:run", "", "Nobody"])
def test_a_name_that_is_no_kind_is_refused_and_nothing_is_imported(name):
    before = set(sys.modules)
    with pytest.raises(ValueError, match="no column or number is called .*; known are .*Category"):
        find(name, "column", "number")
    assert set(sys.modules) == before


def test_a_kind_of_another_group_is_refused():
    with pytest.raises(ValueError, match="no tower is called 'Adam'"):
        find("Adam", "tower")
    with pytest.raises(TypeError, match=r"cannot keep Adam: it is not a registered tower; write @register\('tower'\)"):
        name_of(Adam(), "tower")


def test_an_unknown_group_and_a_second_class_of_a_name_are_refused():
    with pytest.raises(ValueError, match="group 'towers'; want one of column, number, tower, head, rule"):
        register("towers")

    class Wide:
        pass

    with pytest.raises(ValueError, match="tower 'Wide' is widedeep.wide.Wide already; give your class a name"):
        register("tower")(Wide)


def test_a_cell_that_runs_again_defines_its_class_anew():
    def cell():
        @register("column")
        class Mine(Column):
            pass

        return Mine

    first, second = cell(), cell()
    assert first is not second and find("Mine", "column") is second


def test_kinds_of_ones_own_are_kept_and_come_back(tmp_path):
    @register("column")
    class Parity(Column):
        def __init__(self, name):
            super().__init__(name, (name,))

        def fit(self, sheet):
            self.size = 2

        def ids(self, sheet):
            return (1 + sheet.numbers(self.reads[0]).astype(np.int32) % 2)[:, None]

        def value(self, i):
            return f"{self.name} is {('even', 'odd')[i - 1]}"

    @register("tower")
    class Doubled(Wide):
        def forward(self, batch, rng=None):
            z, ids = super().forward(batch, rng)
            return 2 * z, ids

        def backward(self, dz, ids):
            return super().backward(2 * dz, ids)

    @register("head")
    class Cautious(WideDeep):
        def logits(self, batch):
            return super().logits(batch) / 2

    @register("rule")
    class Sign(Optimizer):
        def update(self, w, g):
            w -= self.lr * np.sign(g)

    table = {"n": np.arange(30), "a": list("xyz" * 10)}
    encoder = Encoder(wide=[Parity("n"), Category("a")], deep=[Category("a")], numbers=[Standard("n")]).fit(table)
    batch = encoder.encode(table, np.arange(30)[:, None] % 2 * 1.0)
    rng = np.random.default_rng(0)
    model = Cautious(wide=Doubled(encoder.n_wide), deep=Deep(encoder.n_deep, 2, encoder.n_inputs, [3], rng))
    rules = optimizers_for(model, 10) | {"deep": Sign(0.01)}
    fit(model, rules, batch, rng=rng, epochs=2, batch_size=10)
    again, same, others = load(save(tmp_path / "model.npz", model, encoder, rules))
    assert type(again) is Cautious and type(again.towers["wide"]) is Doubled and type(others["deep"]) is Sign
    assert again.logits(same.encode(table)).tolist() == model.logits(batch).tolist()
    assert same.wide_name(2) == "n is odd"
