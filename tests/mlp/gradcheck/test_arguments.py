"""The slips of a first call: each gets a line that names it."""

from operator import methodcaller

import numpy as np
import pytest

from mlp import MLP, log_loss
from mlp.gradcheck import check, taylor
from mlp.network import pre_activations

rng = np.random.default_rng(0)
NET = MLP([5, 3, 1], rng, np.float64)
X, Y = rng.normal(size=(7, 5)), (rng.random((7, 1)) < 0.5) * 1.0
Z, CACHES = NET.forward(X)
DX, GRADS = NET.backward(log_loss(Z, Y)[1], CACHES)
CHECKS = {
    "centred": check,
    "complex": lambda *args: check(*args, method="complex"),
    "taylor": lambda *args: taylor(*args, np.random.default_rng(0)),
}


def loss(net):
    return log_loss(net.forward(X)[0], Y)[0]


LOSSES = {  # what a loss may return by mistake: what the line says
    "its pair": (lambda net: log_loss(net.forward(X)[0], Y), r"returned a pair.*log_loss\(z, y\)\[0\]"),
    "nothing": (lambda net: None, "returned None; is there a return"),
    "an array of one": (
        lambda net: np.array([loss(net)]),
        r"returned an array \(1,\) of one number; want .*loss.sum\(\)",
    ),
    "a column of one": (lambda net: np.array([[loss(net)]]), r"returned an array \(1, 1\) of one number"),
    "a loss a row": (lambda net: net.forward(X)[0], r"returned an array \(7, 1\).*losses.mean\(\)"),
    "a list": (lambda net: [loss(net)], "returned a list; want one number"),
    "a dict": (lambda net: {"loss": loss(net)}, "returned a dict"),
    "a pair of arrays": (lambda net: (DX, DX), "returned a tuple; want one number"),
    "three": (lambda net: (0.3, DX, DX), "returned a tuple; want one number"),
    "text": (lambda net: "0.3", "returned a str"),
    "a truth": (lambda net: True, "returned a bool"),
    "no function": (0.3, "the loss is a float; want a function of the model.*lambda net"),
    "no arguments": (lambda: 0.3, "takes other arguments.*want one, the model"),
    "two arguments": (lambda net, X: 0.3, "takes other arguments.*'X'"),
}
GRADIENTS = {
    "the pair of backward": ((DX, GRADS), r"grads is a pair.*backward\(...\)\[1\]"),
    "nothing": (None, "grads is None; does backward return"),
    "a list": (list(GRADS.values()), "grads is a list; want a dict of arrays"),
    "a list of both": ([DX, GRADS], "grads is a list; want a dict of arrays"),
    "three": ((DX, GRADS, Z), "grads is a tuple; want a dict of arrays"),
    "a pair of arrays": ((DX, DX), "grads is a tuple; want a dict of arrays"),
    "a function": (lambda: GRADS, "grads is a function.*call it"),
    "a gradient missing": ({**GRADS, "0.b": None}, "gradient of 0.b is None"),
    "float32": ({**GRADS, "0.b": GRADS["0.b"].astype(np.float32)}, "gradient of 0.b is float32; want float64"),
    "a name missing": ({"0.W": GRADS["0.W"]}, r"differ in \['0.b', '1.W', '1.b'\]"),
}
MODELS = {
    "an array": (np.zeros(3), "the model is a ndarray; want something with params"),
    "nothing": (None, "the model is a NoneType"),
    "a list": ([np.zeros(3)], "the model is a list"),
    "the loss first": (loss, "the model is a function.*model first, then the loss"),
}


def refused(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


@pytest.mark.parametrize("method", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("wrong, words", LOSSES.values(), ids=LOSSES)
def test_what_a_loss_returns_by_mistake(method, wrong, words):
    refused(lambda: method(NET, wrong, GRADS), words)


@pytest.mark.parametrize("method", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("wrong, words", GRADIENTS.values(), ids=GRADIENTS)
def test_what_stands_for_the_gradients_by_mistake(method, wrong, words):
    refused(lambda: method(NET, loss, wrong), words)


@pytest.mark.parametrize("method", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("wrong, words", MODELS.values(), ids=MODELS)
def test_what_stands_for_the_model_by_mistake(method, wrong, words):
    refused(lambda: method(wrong, loss, GRADS), words)


@pytest.mark.parametrize("method", CHECKS.values(), ids=CHECKS)
def test_numbers_of_every_kind_are_losses(method):
    w = {"w": np.array(1.5)}  # even a parameter that is one number, with a gradient that is one
    assert method(w, lambda p: p["w"] ** 2, {"w": 3.0})
    assert not method(w, lambda p: p["w"] ** 2, {"w": 3.1})
    assert method(NET, lambda net: np.asarray(loss(net)), GRADS)


@pytest.mark.parametrize("method", [CHECKS["centred"], CHECKS["taylor"]], ids=["centred", "taylor"])
def test_a_loss_that_does_not_say_what_it_takes_is_called_all_the_same(method):
    class Square:
        def __init__(self):
            self.w = np.array([1.5, 2.0])

        def params(self):
            return {"w": self.w}

        def loss(self):
            return (self.w**2).sum()

    loss = methodcaller("loss")  # inspect.signature knows nothing of it
    assert method(Square(), loss, {"w": np.array([3.0, 4.0])})
    assert not method(Square(), loss, {"w": np.array([3.1, 4.0])})


def test_lists_are_no_parameters():
    refused(lambda: check({"w": [1.0]}, lambda p: 1.0, {"w": [1.0]}), r"w is a list; want an array: np.array\(w")


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"h": 0}, "h 0; want more than 0"),
        ({"h": -1e-6}, "h -1e-06; want more than 0"),
        ({"h": np.inf}, "h inf; want more than 0"),
        ({"tolerance": np.inf}, "tolerance inf; want more than 0"),
        ({"tolerance": -1}, "tolerance -1; want more than 0"),
        ({"pre_activations": pre_activations(CACHES)}, "pre_activations is a list; want a function"),
        ({"frozen": {"0.W": 99}}, r"frozen rows 99 of an array \(5, 3\)"),
        ({"method": "forward"}, "method 'forward'; want 'centred' or 'complex'"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense(settings, words):
    refused(lambda: check(NET, loss, GRADS, **settings), words)


def test_a_complex_copy_is_wanted_by_the_complex_step_alone():
    class Line:
        def __init__(self):
            self.w = np.array([1.0, 2.0])

        def params(self):
            return {"w": self.w}

    assert check(Line(), lambda line: (line.w**2).sum(), {"w": np.array([2.0, 4.0])})
    refused(
        lambda: check(Line(), lambda line: (line.w**2).sum(), {"w": np.array([2.0, 4.0])}, method="complex"),
        r"Line has no astype.*method='centred'",
    )


@pytest.mark.parametrize(
    "rng, settings, words",
    [
        (0, {}, r"rng is a int; want a generator: np.random.default_rng\(0\)"),
        (np.random.default_rng(0), {"directions": 0}, "directions 0"),
        (np.random.default_rng(0), {"h": 0.0}, "h 0.0"),
    ],
)
def test_taylors_own_settings(rng, settings, words):
    refused(lambda: taylor(NET, loss, GRADS, rng, **settings), words)


@pytest.mark.parametrize("wrong", [lambda net: float(loss(net).real), lambda net: abs(loss(net))], ids=["float", "abs"])
def test_a_loss_that_drops_the_imaginary_part_is_named_and_the_gradient_not_blamed(wrong):
    refused(lambda: check(NET, wrong, GRADS, method="complex"), "its imaginary part got lost.*method='centred'")
