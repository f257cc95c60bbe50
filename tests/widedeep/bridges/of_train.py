"""What `widedeep train` makes, without its minutes: an encoder by a plan, and members added up to one model."""

import numpy as np

from mlp.windows import flatten
from widedeep.auto.answers import choose_answers
from widedeep.auto.candidates import Candidate
from widedeep.auto.plan import Plan
from widedeep.auto.search import merged
from widedeep.auto.table_encoder import TableEncoder
from widedeep.auto.table_model import TableModel
from widedeep.features.column_plans import ColumnPlan

HEADS = ("binary", "classes", "number")
COLUMNS = {
    "id": ColumnPlan("out"),
    "age": ColumnPlan("number", 6, missing=True),
    "height": ColumnPlan("number", 0),
    "money": ColumnPlan("number", 3, exact=5),
    "job": ColumnPlan("category"),
    "tags": ColumnPlan("bag", sep=","),
}


def table(rng, n=300, unseen=False):
    """Texts and numbers as a file has them.   unseen : are there values that training rows did not have?"""
    more = int(unseen)
    jobs = np.array(["cook", "clerk", "n/a", "Käse 𝔘", "smith", " ? ", "", "NULL", "astronaut", "\u2003"], object)
    tags = [",".join(rng.choice(["a", "b c", "d", "new"][: 3 + more], rng.integers(0, 4))) for _ in range(n)]
    tags[:4] = ["?", "", "a, d", "none"]
    age = rng.integers(18 - 9 * more, 80 + 40 * more, n).astype(float)
    age[rng.random(n) < 0.2] = np.nan
    z = age / 20 + rng.normal(0, 1, n)
    return {
        "id": np.arange(n),
        "age": age,
        "height": np.where(rng.random(n) < 0.1, np.inf * more or np.nan, rng.normal(170, 9, n).round(1)),
        "money": np.where(rng.random(n) < 0.7, rng.choice([0, 1500, 15024], n), rng.integers(1, 90000, n)),
        "job": rng.choice(jobs[: 6 + 4 * more], n),
        "tags": np.array(tags, object),
        "binary": np.where(z > 2, "yes", "no"),
        "classes": np.where(z > 3, "red", np.where(z < 2, "blue", "green")),
        "number": (1000 + 50 * np.nan_to_num(z)).round(2),
    }


def answers_of(head, rows):
    return choose_answers(head, np.asarray(rows[head]), head)[0]


def encoder(head, rows, columns=COLUMNS):
    plan = Plan(head, head, columns, (("age", "job"), ("job", "tags")), (("money", "job"),))
    return TableEncoder.by(plan, answers_of(head, rows)).fit(rows)


def model_of(fitted, rng):
    """Of three candidates, two members of one of them: wide, linear, deep, deep 2 and deep 3; no weight is 0."""
    buckets = Candidate("buckets", hidden=(7, 5), d=3, waves=0)
    waves = Candidate("waves", hidden=(6, 6), d=2, waves=5, dropout=0.3)
    parts = []
    for candidate in (buckets, waves, waves, Candidate("wide")):
        member, _ = candidate.build(fitted, fitted.answers, rng, 32)
        for name, w in flatten(member.params()):
            w += rng.normal(0, 0.3, w.shape).astype(w.dtype)
            if name in member.frozen():
                w[member.frozen()[name]] = 0
        parts.append((member, 0.25))
    model = fitted.answers.finished(*merged(parts))
    assert list(model.towers) == ["wide", "linear", "deep", "deep 2", "deep 3"]
    return model


def built(head, seed=0):
    """(TableModel, rows that it was not fitted on)"""
    rng = np.random.default_rng(seed)
    rows = table(rng)
    fitted = encoder(head, rows)
    return TableModel(model_of(fitted, rng), fitted, {}, len(rows["age"])), table(rng, 200, unseen=True)
