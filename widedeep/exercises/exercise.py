"""An exercise is data: what the student writes, numbers to try it on, what is right, and the slips that are known.

    functions    names, arguments and returns, as the contract fixes them
    probe        numbers on which every mistake shows (docs/exercises.md, "The probe")
    right        what the returns should be: the slope of a loss, measured by the complex step; or a rule
    slips        for each known mistake the numbers that it would give: matching them is the diagnosis
    factors      numbers that people leave in or out: -1, N, 1/N, 2, ...
    laws         what any right answer obeys, checked on its own
    stub, answers    the file that the student gets; right answers, each written in another way

One file an exercise in catalog/; its texts stand in messages/, under its name.

Read next: calls.py
"""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from perceptron.activations import Array

Case = SimpleNamespace                                  # the arguments of one call, by name; the sizes too
Arrays = dict[str, Array]
PRIMES = (3, 5, 7, 11, 13)                              # sizes: no axis passes for another, and no 1/N for a 1/H


@dataclass(frozen=True)
class Function:
    """A function that the student writes.  Function("dense_backward", "delta X W", "dX dW db")

    arguments, returns : names, in order.  A case has a value for each argument
    """

    name: str
    arguments: str
    returns: str


@dataclass(frozen=True)
class Slip:
    """A known mistake, as the numbers that it would give.

    cause : its stable id, as "D1"; variants of one cause after a dot, "O3.t_from_0"
    of : the returned array that it spoils, or "" for a function that gives several, {name: array}
    make : case -> those numbers, of whatever shape
    switches : for a slip of a rule: the arguments that switch it on, so that two can be on at once
    """

    cause: str
    of: str
    make: Callable[[Case], Any]
    switches: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    """What every right answer obeys.

    name : its key in messages/
    holds : (case, out) -> bool; or, where it compares two calls, (case, out, case2, out2) -> bool
    other : case -> case2, the second call; None if one call is enough
    """

    name: str
    holds: Callable[..., Any]
    other: Callable[[Case], Case] | None = None


@dataclass(frozen=True)
class Seeded:
    """An argument that is a generator: each call gets a fresh one of this seed."""

    seed: int


@dataclass(frozen=True, eq=False)
class Exercise:
    """One of the catalog.

    name : as "05_dense", which is also its file's
    sizes : {"N": 7, ...} of the first probe, distinct primes; the others draw theirs
    probe : (rng, sizes) -> a case, or a list of cases (the steps of a trace)
    loss, slope_of : for a gradient: case -> the loss, a number, which accepts complex arrays; and which argument each
        return is the slope in, {"dW": "W"}.  The measured slope is what is right
    rule : for the others: case -> {return: array}.  Beside a loss: the same by a formula, whose switches are slips
    factors : {"1/N": (cause, case -> number)}
    writable : arguments that the function may move, if it puts them back
    kinks : case -> {return: bool mask} of entries where the loss has two slopes; any number between them is right
    between : case -> {return: (low, high)} of those entries
    reads : the file of the package to read first
    """

    name: str
    functions: Sequence[Function]
    sizes: Mapping[str, int]
    probe: Callable[[np.random.Generator, Case], Any]
    slips: Sequence[Slip]
    stub: str
    answers: Sequence[str]
    reads: str
    loss: Callable[[Case], Any] | None = None
    slope_of: Mapping[str, str] = field(default_factory=dict)
    rule: Callable[..., Arrays] | None = None
    factors: Mapping[str, tuple[str, Callable[[Case], float]]] = field(default_factory=dict)
    laws: Sequence[Law] = ()
    writable: Sequence[str] = ()
    between: Callable[[Case], dict[str, tuple[Array, Array]]] | None = None

    @property
    def number(self) -> str:
        return self.name[:2]

    @property
    def returns(self) -> list[str]:
        return [name for function in self.functions for name in function.returns.split()]

    def right(self, case: Case) -> Arrays:
        """What each return should be on this case."""
        if self.loss is not None:
            return {name: slope(self.loss, case, argument) for name, argument in self.slope_of.items()}
        assert self.rule is not None
        return {name: np.asarray(a, float) for name, a in self.rule(case).items()}

    def cases(self, seed: int, probes: int = 5) -> list[Case]:
        """The cases of several probes.  The first has the exercise's own sizes, the others draw distinct primes."""
        cases: list[Case] = []
        for k in range(probes):
            rng = np.random.default_rng([seed, k, int(self.number)])
            drawn = rng.permutation(PRIMES)
            sizes = self.sizes if k == 0 else dict(zip(self.sizes, map(int, drawn)))
            cases += self.draw(rng, sizes)
        return cases

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int]) -> list[Case]:
        made = self.probe(rng, SimpleNamespace(**sizes))
        cases = made if isinstance(made, list) else [made]
        for case in cases:
            for name, size in sizes.items():
                setattr(case, name, size)
        return cases

    def small_cases(self, seed: int) -> list[Case]:
        """Everything of size 1; then one size after the other 2; of a trace all steps: where does it first go wrong?"""
        ones = dict.fromkeys(self.sizes, 1)
        found = []
        for k, sizes in enumerate([ones, *({**ones, name: 2} for name in ones)]):
            found += self.draw(np.random.default_rng([seed, 100 + k]), sizes)
        return found

    def square_cases(self, seed: int) -> list[Case]:
        """All sizes equal: for functions that fail where they are not, as delta @ W does for delta @ W.T."""
        return [case for k, size in enumerate((4, 6, 5))
                for case in self.draw(np.random.default_rng([seed, 200 + k]), dict.fromkeys(self.sizes, size))]


def slope(loss: Callable[[Case], Any], case: Case, name: str, h: float = 1e-20) -> Array:
    """The slope of the loss in each entry of one argument, by the complex step: exact to the last digits."""
    moved = SimpleNamespace(**vars(case))
    w = np.array(getattr(case, name), complex)
    setattr(moved, name, w)
    out = np.zeros(w.shape)
    for i in np.ndindex(w.shape):
        kept = w[i]
        w[i] = kept + 1j * h
        out[i] = loss(moved).imag / h
        w[i] = kept
    return out


def changed(case: Case, **new: Any) -> Case:
    """The case, with other values for some arguments."""
    return SimpleNamespace(**{**vars(case), **new})


def spread(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers over [-3, 3], in no order, none nearer to 0 than .1: f'(a) and f'(z) differ on them."""
    size = int(np.prod(shape))
    z = np.linspace(0.1, 3, size) if size > 1 else np.array([1.1])
    return rng.permutation(z * np.where(np.arange(size) % 2, -1, 1)).reshape(shape)


def labels(rng: np.random.Generator, N: int) -> Array:
    """(N, 1) labels of both kinds, about a third of them 1 (one row: a 1)."""
    return rng.permutation((np.arange(N) < max(1, N // 3)) * 1.0)[:, None]


def switched(rule: Callable[..., Arrays], cause: str, **switches: Any) -> Slip:
    """A slip that is the exercise's rule with a switch on: `rule(case, old_v=True)`."""
    return Slip(cause, "", lambda case: rule(case, **switches), switches)
