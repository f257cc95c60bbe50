"""The five steps: what stands in an equation is what its numbers do, and nothing of the step is left out."""

import numpy as np
import pytest

from mlp.windows import flatten
from widedeep.trace import record, steps_of
from widedeep.trace.steps import ARTICLE


@pytest.fixture(scope="module")
def of(stops):
    """symbol -> array, as it is shown."""
    return {q.symbol: q.array for stop in stops for q in stop.quantities}


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6)


def test_the_stops_are_numbered_through_the_articles_five_steps(stops):
    assert sorted(ARTICLE) == sorted({stop.step for stop in stops}) == [1, 2, 3, 4, 5]
    numbers = [(stop.step, stop.part) for stop in stops]
    assert numbers == sorted(set(numbers))
    for step in ARTICLE:
        parts = [part for s, part in numbers if s == step]
        assert parts == list(range(1, len(parts) + 1))
    assert [stop.number for stop in stops if stop.way == "weights"] == ["2.2"]
    assert {stop.way for stop in stops if stop.step in (1, 3, 4)} == {"forward"}
    assert {stop.way for stop in stops if stop.step == 5} == {"back", "forward"}


def test_the_article_is_quoted_in_its_order():
    words = ["Inputs X", "real weights W", "output of every neuron", "error in the outputs", "Travel back"]
    assert all(said in ARTICLE[step] for step, said in enumerate(words, start=1))


def test_forward_equations(of):
    close(of["z_wide"][0, 0], of["w x"].sum())
    C, d = of["V"].shape[1:]
    shares, E, V = of["shares"][0], of["E[ids]"], of["V"][0]
    close(V[: C - 1], E[: C - 1])
    close(V[C - 1], shares @ E[C - 1 :])
    close(of["X"], np.concatenate([V.reshape(1, -1), of["numbers"]], axis=1))
    close(of["Z0"], of["X"] @ of["W0"] + of["b0"])
    close(of["A0"], np.maximum(of["Z0"], 0))
    close(of["Z1"], of["A0"] @ of["W1"] + of["b1"])
    close(of["A1"], np.maximum(of["Z1"], 0))
    close(of["z_deep"], of["A1"] @ of["w_deep"])
    close(of["z"], of["z_wide"] + of["z_deep"] + of["b"])
    close(of["p"], 1 / (1 + np.exp(-of["z"])))


def test_one_neuron_slowly(stops, of):
    for symbol, i, x in (("3.3", 0, "X"), ("3.4", 1, "A0")):
        slow = next(stop for stop in stops if stop.number == symbol).quantities[0]
        k = int(slow.symbol.split()[1])
        close(slow.array[:, 0], of[x][0])
        close(slow.array[:, 1], of[f"W{i}"][:, k])
        close(slow.array[:, 2], of[x][0] * of[f"W{i}"][:, k])
        close(slow.array[:, 2].sum() + of[f"b{i}"][k], of[f"Z{i}"][0, k])


def test_error_and_backward_equations(of):
    y, z, dz = of["y"], of["z"], of["dz"]
    close(of["L"], (np.log(1 + np.exp(z)) - y * z)[0])
    close(dz, of["p"] - y)
    for name in ("dz_wide", "dz_deep"):
        assert of[name].tobytes() == dz.tobytes()
    close(of["db"], dz.sum(axis=0))
    close(of["dw"], np.full(len(of["w[ids]"]), dz[0, 0]))
    close(of["dw_deep"], of["A1"].T @ dz)
    close(of["dA1"], dz @ of["w_deep"].T)
    close(of["delta1"], of["dA1"] * (of["Z1"] > 0))
    close(of["dW1"], of["A0"].T @ of["delta1"])
    close(of["db1"], of["delta1"].sum(axis=0))
    close(of["dA0"], of["delta1"] @ of["W1"].T)
    close(of["delta0"], of["dA0"] * (of["Z0"] > 0))
    close(of["dW0"], of["X"].T @ of["delta0"])
    close(of["db0"], of["delta0"].sum(axis=0))
    close(of["dX"], of["delta0"] @ of["W0"].T)
    C, d = of["V"].shape[1:]
    dC = of["dX"][0, : C * d].reshape(C, d)
    close(of["dV"], np.concatenate([dC[: C - 1], of["shares"].T * dC[C - 1]]))
    close(of["dE[ids]"], of["dV"])  # every id stands once in this row


def test_adagrad_equations(small, of):
    lr = small.optimizers["deep"].lr
    pairs = {"b": "db", "W0": "dW0", "b0": "db0", "W1": "dW1", "b1": "db1", "w_deep": "dw_deep", "E[ids]": "dE[ids]"}
    for w, g in pairs.items():
        s = of[f"s({w})'"]
        close(of[f"{w}'"], of[w] - lr * of[g] / (np.sqrt(s) + 1e-8))
        assert (s >= of[g] ** 2 * (1 - 1e-6)).all()


def test_ftrl_equations(small, of):
    rule = small.optimizers["wide"]
    g, zeta, n, w, zeta_after, n_after, w_after = of["w"].T.astype(np.float64)
    sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / rule.lr
    close(zeta_after, zeta + g - sigma * w)
    close(n_after, n + g**2)
    beyond = np.sign(zeta_after) * np.maximum(np.abs(zeta_after) - rule.l1, 0)
    close(w_after, -beyond / ((rule.beta + np.sqrt(n_after)) / rule.lr))
    assert (w_after[np.abs(zeta_after) <= rule.l1] == 0).all()


def test_the_same_row_once_more(of):
    close(of["z'"], of["z_wide'"] + of["z_deep'"] + of["b'"])
    close(of["z_wide'"][0, 0], of["w"][:, -1].sum())
    close(of["p'"], 1 / (1 + np.exp(-of["z'"])))
    close(of["L'"], (np.log(1 + np.exp(of["z'"])) - of["y"] * of["z'"])[0])


def test_every_parameter_is_shown_with_its_gradient_its_memory_and_where_it_went(small, stops):
    shown = {}
    for stop in stops:
        for q in stop.quantities:
            shown.setdefault(q.code, []).append(q.symbol)
    names = [name for name, _ in flatten(small.model.params())]
    assert set(shown) - {""} == set(names)
    for name in names:
        told = " ".join(shown[name])
        assert "'" in told or "w" in shown[name], name
        assert any(symbol.startswith("d") for symbol in shown[name]), name


def test_every_name_has_its_number(stops):
    for stop in stops:
        for q in stop.quantities:
            table = q.table()
            assert not q.down or len(q.down) == len(table), q.symbol
            assert not q.across or len(q.across) == table.shape[1], q.symbol
            assert np.isfinite(q.array).all() and q.symbol and q.equation


def test_names_are_those_of_the_row(small, k, stops):
    table, batch = small.row(k)
    wide = next(q for q in stops[0].quantities if q.symbol == "ids (wide)")
    assert wide.down[0] == f"title={table['title'][0]}"
    assert set(wide.down[1:]) == {f"installed has {app} AND title={table['title'][0]}" for app in table["installed"][0]}
    deep = next(q for q in stops[0].quantities if q.symbol == "ids (deep)")
    assert [small.encoder.deep_name(i) for i in deep.array[0]] == list(deep.down)


def test_a_row_whose_last_layer_is_silent_says_so(small):
    for row in range(500):
        batch = small.row(row)[1]
        if not small.model.forward(batch)[1]["deep"][2].any():
            break
    stops = steps_of(small, record(small.model, small.optimizers, batch))
    text = {stop.number: stop.text for stop in stops}
    assert "No neuron of 4 is active" in text["3.4"] and "the error ends here" in text["5.3"]
    dE = next(q for stop in stops for q in stop.quantities if q.symbol == "dE[ids]")
    assert not dE.array.any()


def test_the_words_agree_with_the_numbers(seen, stops):
    text = {stop.number: stop.text for stop in stops}
    dz = seen.errors["dz"][0, 0]
    assert f"z has to go {'down' if dz > 0 else 'up'}" in text["4.1"]
    assert f"{np.count_nonzero(seen.forward['A0'])} of 8 neurons" in text["3.3"]
    assert "Less loss than before" in text["5.9"] and seen.loss_again < seen.loss
