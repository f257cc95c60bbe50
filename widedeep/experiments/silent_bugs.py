"""Silent bugs: of the mistakes in a backward or an optimizer, which would nobody have noticed?

One network, tanh and then log loss, on Adult: the network of exercise 11, trained by the Adam of exercise 16.  It is
trained once right, and once with each known slip of the exercises switched on:

    09  the loss's gradient        11  the two layers        16  the optimizer

A slip counts as unnoticed if the network learns to within a point of the right one's accuracy on test rows: whoever
looks at the accuracy alone would publish it.  The last column is the cause that the exercise's check finds in the same
numbers, without any training.

Settings are those of the right network, chosen on validation rows; each slip is trained with the same.

Read before: trial.py, exercises/exercise.py
"""
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mlp.train import minibatches
from perceptron.activations import Array
from perceptron.plots import BLUE, ORANGE
from widedeep.columns import Category
from widedeep.datasets import Dataset
from widedeep.encoder import Encoder
from widedeep.exercises.calls import plan
from widedeep.exercises.catalog import find
from widedeep.exercises.counterfactuals import all_same, choose, explain
from widedeep.exercises.exercise import Arrays, Case, Slip
from widedeep.exercises.messages import of_cause
from widedeep.experiments.trial import Outcome, Setting, values
from widedeep.metrics import evaluate
from widedeep.numbers import Standard

DATA = ("adult",)
SPLITS = ("random",)
SEEDS = 3
ROWS, UNITS, EPOCHS, BATCH, RATE = 6000, 16, 12, 64, 0.01
EXERCISES = ("09_log_loss", "11_two_layers", "16_adam")
POINT = 0.01                                            # of accuracy: within it nobody would have noticed


class Bug(NamedTuple):
    """A slip of an exercise, or (slip None) none: the network as it should be."""

    exercise: str
    slip: Slip | None

    @property
    def name(self) -> str:
        return "right" if self.slip is None else f"{self.exercise[:2]} {self.slip.cause} {self.slip.of}".strip()


def bugs() -> list[Bug]:
    """The right network, and one for each slip that leaves the shapes as they should be, each cause and array once."""
    found = {"right": Bug("", None)}
    for exercise in EXERCISES:
        for slip in find(exercise).slips:
            bug = Bug(exercise, slip)
            if keeps_shapes(exercise, slip):
                found.setdefault(bug.name, bug)
    return list(found.values())


def keeps_shapes(exercise: str, slip: Slip) -> bool:
    """Wrong shapes do not train: NumPy says so."""
    case = find(exercise).cases(0, probes=1)[0]
    right = find(exercise).right(case)
    made = spoiled(slip, case, right)
    return made is not None and all(made[name].shape == right[name].shape for name in right)


def spoiled(slip: Slip | None, case: Case, right: Arrays) -> Arrays | None:
    """The right arrays, but for those that the slip gives; None where it cannot be made."""
    if slip is None:
        return right
    try:
        with np.errstate(all="ignore"):
            made = slip.make(case)
    except (ValueError, IndexError):
        return None
    return {**right, **{name: np.asarray(a, float) for name, a in (made if not slip.of else {slip.of: made}).items()}}


def inputs(data: Dataset, split: str) -> Iterator[tuple[Array, Array]]:
    """(X (N, D), y (N, 1)) of training, validation and test rows: numbers standardised, categories one-hot."""
    names = ("education", "marital_status", "occupation", "relationship", "sex", "workclass")
    numbers = ("age", "education_num", "hours_per_week")
    columns = [Category(name) for name in names if name in data.table]
    scaled = [Standard(name) for name in numbers if name in data.table]
    encoder = Encoder(wide=columns, numbers=scaled).fit(data.rows(split, "train")[0])
    for part in ("train", "validation", "test"):
        batch = encoder.encode(*data.rows(split, part))
        hot = np.zeros((len(batch), encoder.n_wide))
        np.put_along_axis(hot, batch.wide, 1.0, axis=1)
        yield np.hstack([hot[:, 1:], batch.numbers]), np.asarray(batch.labels, float)


def train(bug: Bug, X: Array, y: Array, seed: int) -> Callable[[Array], Array]:
    """Train the network with the bug in it; the function from inputs to logits."""
    rng = np.random.default_rng(seed)
    w: Arrays = {"W1": rng.normal(0, 1 / np.sqrt(X.shape[1]), (X.shape[1], UNITS)), "b1": np.zeros(UNITS),
                 "W2": rng.normal(0, 1 / np.sqrt(UNITS), (UNITS, 1)), "b2": np.zeros(1)}
    memory = {name: (np.zeros(a.shape), np.zeros(a.shape)) for name, a in w.items()}
    slips = {name: bug.slip if bug.exercise == name else None for name in EXERCISES}
    adam = find("16_adam").rule
    assert adam is not None
    t = 0
    for _ in range(EPOCHS):
        for rows in minibatches(len(X), BATCH, rng):
            t += 1
            x, labels = X[rows], y[rows]
            Z1 = x @ w["W1"] + w["b1"]
            A1 = np.tanh(Z1)
            z = A1 @ w["W2"] + w["b2"]
            p = 1 / (1 + np.exp(-np.clip(z, -500, 500)))
            loss = spoiled(slips["09_log_loss"], Case(z=z, y=labels, p=p, N=len(x)), {"dz": (p - labels) / len(x)})
            if loss is None:
                break
            dz = loss["dz"]
            delta = dz @ w["W2"].T * (1 - A1 * A1)
            right = {"dW1": x.T @ delta, "db1": delta.sum(axis=0), "dW2": A1.T @ dz, "db2": dz.sum(axis=0)}
            case = Case(X=x, Z1=Z1, A1=A1, dz=dz, y=labels, N=len(x), D=x.shape[1], H=UNITS, K=1, **w)
            grads = spoiled(slips["11_two_layers"], case, right)
            if grads is None:
                break
            for name in w:
                m, v = memory[name]
                step = Case(w=w[name], g=grads["d" + name], m=m, v=v, t=t, lr=RATE, b1=0.9, b2=0.999, eps=1e-8)
                moved = spoiled(slips["16_adam"], step, adam(step))
                assert moved is not None
                w[name], memory[name] = moved["w"], (moved["m"], moved["v"])

    def logits(inputs: Array) -> Array:
        z = np.tanh(inputs @ w["W1"] + w["b1"]) @ w["W2"] + w["b2"]
        return np.clip(np.nan_to_num(z, nan=0.0), -500, 500)
    return logits


def count(setting: Setting) -> int:
    return setting.seeds * len(bugs())


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    (X, y), _, (X_test, y_test) = inputs(setting.data, setting.recipe.split)
    X, y = X[:ROWS], y[:ROWS]
    rows = []
    for bug in bugs():
        for seed in range(setting.seeds):
            with np.errstate(all="ignore"):
                z = train(bug, X, y, seed)(X_test)
            rows.append({"model": bug.name, "seed": seed, **evaluate(z, y_test)})
            tick()
    right = values(rows, "accuracy", model="right").mean()
    summary = {bug.name: {"says": told(bug), "behind": float(right - values(rows, "accuracy", model=bug.name).mean())}
               for bug in bugs() if bug.slip}
    return Outcome(rows, summary)


def told(bug: Bug) -> str:
    """What the check says of the slip's own numbers on its probes; "" if it does not find the slip in them."""
    assert bug.slip is not None
    known = plan(find(bug.exercise), 0).known
    made = [spoiled(bug.slip, case, right) or {} for case, right in zip(known.cases, known.right)]
    wrong = [name for name in known.right[0] if not all_same([arrays[name] for arrays in made], known.values(name),
                                                            known.use(name))]
    chosen, also = choose({name: explain(known, name, [arrays[name] for arrays in made]) for name in wrong})
    ids = {cause.split(".")[0] for explanation in chosen.values() for cause in explanation.causes} | set(also)
    if bug.slip.cause.split(".")[0] not in ids or len(chosen) < len(wrong):
        return ""
    sizes = {"N": "N", "D": "D", "H": "H", "K": "K"}
    return of_cause(bug.exercise, bug.slip.cause, **sizes, array=" and ".join(wrong), factor="")[0]


def unnoticed(summary: dict[str, Any]) -> list[str]:
    return [name for name, row in summary.items() if row["behind"] <= POINT]


def table(outcome: Outcome) -> list[str]:
    rows, summary = outcome
    right = values(rows, "accuracy", model="right")
    silent = unnoticed(summary)
    found = sum(bool(row["says"]) for row in summary.values())
    lines = [f"right: accuracy {right.mean():.4f} +- {right.std():.4f} on test rows",
             f"{len(silent)} of {len(summary)} slips learn to within {POINT:.0%} of it", f"the check names {found}", "",
             f"{'slip':<26}{'accuracy':>10}{'log loss':>10}{'AUC':>8}   what the check says"]
    for name in sorted(summary, key=lambda name: summary[name]["behind"]):
        mean = {metric: values(rows, metric, model=name).mean() for metric in ("accuracy", "log_loss", "auc")}
        mark = " " if name in silent else "*"
        lines.append(f"{mark}{name:<25}{mean['accuracy']:>10.4f}{mean['log_loss']:>10.4f}{mean['auc']:>8.4f}   "
                     f"{summary[name]['says']}")
    return [*lines, "", "* more than a point behind: somebody would have noticed"]


def draw(outcome: Outcome, figure: Any) -> None:
    """Every slip a row: how far behind the right network it ends, in points of accuracy."""
    rows, summary = outcome
    names = sorted(summary, key=lambda name: summary[name]["behind"])
    figure.set_size_inches(12, 1.5 + 0.19 * len(names))
    axes = figure.subplots()
    right = values(rows, "accuracy", model="right")
    silent, edge = set(unnoticed(summary)), right.mean() - 0.1
    for place, name in enumerate(names):
        accuracy = values(rows, "accuracy", model=name)
        quiet = name in silent
        for value in accuracy:
            mark = "o" if quiet else "x" if value > edge else "<"
            axes.plot(100 * max(value, edge), place, mark, color=ORANGE if quiet else BLUE, markersize=5)
    axes.axvline(100 * right.mean(), color="black", linewidth=1)
    axes.axvspan(100 * (right.mean() - POINT), 100 * right.mean(), color="0.9")
    axes.plot([], [], "o", color=ORANGE, label=f"unnoticed: {len(silent)} of {len(summary)}")
    axes.plot([], [], "x", color=BLUE, label="somebody would have noticed")
    axes.plot([], [], "<", color=BLUE, label="more than ten points behind")
    axes.plot([], [], color="black", linewidth=1, label="the right network")
    axes.set_yticks(range(len(names)), [f"{name}: {summary[name]['says'][:60]}" for name in names], fontsize=7)
    axes.set(xlabel="accuracy on test rows (%), a mark for each seed", ylim=(len(names), -1),
             xlim=(100 * edge - 0.3, 100 * right.max() + 0.5))
    axes.legend(loc="upper left", frameon=False)
