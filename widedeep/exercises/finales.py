"""Chapters of the exercise notebooks, named as the sitting after which they come.

At the end of each the student's own functions learn something.

Read before: export.py
"""
from typing import NamedTuple


class Chapter(NamedTuple):
    """first, last : numbers of its exercises        finale : a cell that runs on the functions above it"""

    file: str
    title: str
    first: int
    last: int
    opening: str
    closing: str
    finale: str


HOW = """You write the functions; each is followed by one check, which says `NOT WRITTEN YET`, `RIGHT`, or what the \
mistake looks like: which array, which entries, and, where the numbers give it away, why.  A check never stops the \
notebook, so *Run All* always works.  Nothing is compared with a stored solution: a gradient is a slope, \
and slopes are measured."""

CHAPTERS = (
    Chapter("02_slope", "Exercises after sittings 1 and 2: a neuron", 1, 3, HOW, """## AND, OR, and XOR

With the first two green, your neuron learns AND and OR in a few epochs.  **Guess first**: how many mistakes an epoch \
will be left on XOR?""", """
from perceptron.data import AND, INPUTS, OR, XOR

try:
    for name, y in (("AND", AND), ("OR", OR), ("XOR", XOR)):
        W, b = np.zeros((2, 1)), np.zeros(1)
        for _ in range(25):
            for x, label in zip(INPUTS, y):
                W, b = rosenblatt_step(x[None], label[None], W, b, 1.0)
        mistakes = int(((net_sum(INPUTS, W, b) >= 0) != y).sum())
        print(f"{name}: {mistakes} mistakes after 25 epochs")
except NotImplementedError:
    print("NOT WRITTEN YET")
""".strip()),
    Chapter("04_gradient_check", "Exercises after sittings 3 and 4: backpropagation", 4, 16, HOW, """\
## Your functions learn XOR

What no single neuron can do: two layers, trained by your log loss, your backward, and your Adam.  **Guess first**: \
the loss starts near ln 2 = 0.69; where will it be after 300 steps?""", """
from perceptron.data import INPUTS, XOR

w = {"W1": rng.normal(size=(2, 8)), "b1": np.zeros(8), "W2": rng.normal(size=(8, 1)), "b2": np.zeros(1)}
m, v = ({name: np.zeros(a.shape) for name, a in w.items()} for _ in range(2))
try:
    for t in range(1, 301):
        Z1 = INPUTS @ w["W1"] + w["b1"]
        A1 = np.tanh(Z1)
        z = A1 @ w["W2"] + w["b2"]
        grads = two_layers_backward(log_loss_backward(z, XOR), INPUTS, Z1, A1, w["W2"])
        for name, g in zip(w, grads):
            w[name], m[name], v[name] = adam_step(w[name], g, m[name], v[name], t, 0.05, 0.9, 0.999, 1e-8)
    print("the probabilities of XOR:", (1 / (1 + np.exp(-z))).round(2).ravel())
except NotImplementedError:
    print("NOT WRITTEN YET")
""".strip()),
    Chapter("07_wide_and_deep", "Exercises after sittings 5 to 7: wide & deep", 17, 20, HOW, """\
## A model of two towers, on your functions

People come in 6 kinds and films in 6; the taste is a product of two hidden numbers, and one pair is an exception.  \
The deep part looks up a number for each kind and multiplies, the wide part has a weight for each pair.  **Guess \
first**: which weight of the wide part is furthest from 0?""", """
taste = rng.normal(size=(2, 6))
pairs = np.array([(i, j) for i in range(6) for j in range(6)])                # a person's kind, a film's kind
truth = taste[0][pairs[:, :1]] * taste[1][pairs[:, 1:]]
truth[14] = -6 * np.sign(truth[14])                                           # the exception: pair 14
y, cross = (truth > 0) * 1.0, np.arange(1, 37)[:, None]
w, zeta, n, b = np.zeros(37), np.zeros(37), np.zeros(37), np.zeros(1)
E, s = rng.normal(0, 0.5, (12, 1)), np.zeros((12, 1))
ids = pairs + [0, 6]
try:
    for _ in range(400):
        A = E[ids]                                                            # (36, 2, 1)
        z_wide, z_deep = w[cross], A[:, 0] * A[:, 1]
        dz_wide, dz_deep, db = wide_deep_backward(z_wide, z_deep, b, y)
        dE = embedding_backward(dz_deep[:, None] * A[:, ::-1], ids, E)
        w, zeta, n = ftrl_step(w, wide_backward(dz_wide, cross, np.ones(cross.shape), w), zeta, n, 0.5, 0.03, 0.02, 0.0)
        s, b = s + dE**2, b - db
        E = E - 0.3 * dE / (np.sqrt(s) + 1e-8)
    print(f"the heaviest weight is that of pair {np.abs(w).argmax() - 1}; {np.count_nonzero(w)} of 36 are not 0")
except NotImplementedError:
    print("NOT WRITTEN YET")
""".strip()),
)
