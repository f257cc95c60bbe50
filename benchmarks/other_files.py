"""Files that are no archives: a CSV, a columns file, the two files of safetensors; mutated, and read as commands do.

A text has no digest: a changed word is another text.  So a mutant is refused in a ValueError that names the file, or
it is read and can be used (`other`).  Of safetensors a mutant is refused, or is the original: it has the digest.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.mutants import Mutant, change_bytes, cut, one
from benchmarks.originals import LABELS, TABLE, every_column, signature
from widedeep.auto.answers import choose_answers
from widedeep.auto.plan import ColumnPlan, Plan, read_plan
from widedeep.auto.reading import prepared, read_rows
from widedeep.auto.table_encoder import TableEncoder

YES = np.where(LABELS[:, 0] > 0, "yes", "no")
COLUMNS = {"job": ColumnPlan("category"), "age": ColumnPlan("number", 3, missing=True), "genres": ColumnPlan("bag"),
           "m": ColumnPlan("number", 0, 2), "user": ColumnPlan("out")}  # fmt: skip
PLAN = Plan("yes", "binary", COLUMNS, (("job", "genres"),), (("job", "age"),), "yes")
ROWS = {name: np.array(["" if value is None else str(value) for value in TABLE[name].tolist()]) for name in COLUMNS}
ODD = ["", "\0", "\ufeff", '"', ",", "=", "[", "]", "{}", "nan", "inf", "1e999", "9" * 400, "-1", "true", "'''",
       "\\ud800", "columns", "kind", "number", "2020-01-01", "\r", "\n", "a.b"]  # fmt: skip
SAFE = "safetensors weights", "safetensors encoder"


class Other(NamedTuple):
    """name : the file's        read : (path) -> what was read, or a ValueError        right : what is equal to it"""

    name: str
    file: bytes
    read: Callable[[Path], Any]
    right: str = ""


def csv() -> bytes:
    table = ROWS | {"yes": YES}
    lines = [",".join(table), *(",".join(row) for row in zip(*table.values()))]
    return "\n".join([*lines, ""]).encode()


def read_csv(path: Path) -> None:
    """As train and predict read it."""
    table = read_rows(path, lambda line: None)
    try:
        rows = prepared(table, {name: "category" for name in table})
        if "yes" in rows and len(rows["yes"]):
            choose_answers("yes", table["yes"], None, None)
        encoder = table_encoder(PLAN)
        encoder.encode(table)
    except ValueError:  # about the table, not about the file
        pass


def read_columns(path: Path) -> None:
    plan = read_plan(path)
    plan.toml(), plan.code()
    try:
        table_encoder(plan)
    except ValueError:  # as for a column that the table lacks
        pass


def table_encoder(plan: Plan) -> TableEncoder:
    answers, _, _ = choose_answers("yes", YES, None, None)
    encoder = TableEncoder.by(plan, answers)
    return encoder.fit(ROWS)


def others() -> dict[str, Other]:
    """All of them; those of safetensors only where it is installed."""
    files = {"csv": Other("mutant.csv", csv(), read_csv),
             "columns file": Other("mutant.toml", PLAN.toml().encode(), read_columns)}  # fmt: skip
    try:
        from widedeep.bridges.safetensors import load_safetensors, save_safetensors
    except ImportError:
        return files
    with tempfile.TemporaryDirectory() as folder:
        path = save_safetensors(Path(folder) / "mutant.safetensors", *every_column())
        weights, about = path.read_bytes(), path.with_suffix(".encoder.json").read_bytes()
        right = signature(*load_safetensors(path))

    def read_weights(path: Path) -> str:
        path.with_suffix(".encoder.json").write_bytes(about)
        return signature(*load_safetensors(path))

    def read_about(path: Path) -> str:
        weights_path = path.with_name("mutant.safetensors")
        weights_path.write_bytes(weights)
        return signature(*load_safetensors(weights_path))

    files[SAFE[0]] = Other("mutant.safetensors", weights, read_weights, right)
    files[SAFE[1]] = Other("mutant.encoder.json", about, read_about, right)
    return files


def change_text(file: bytes, rng: np.random.Generator) -> bytes:
    """Lines and words of a text."""
    lines = file.split(b"\n")
    a, b = (int(rng.integers(len(lines))) for _ in range(2))
    words = lines[a].split(b" " if b" " in lines[a] else b",")
    odd = one(ODD, rng).encode()
    words[rng.integers(len(words))] = odd
    changed = lines[a][: int(rng.integers(len(lines[a]) + 1))] + odd + lines[a][int(rng.integers(len(lines[a]) + 1)) :]
    joined = [[sep.join(words)] for sep in (b"", b",", b" ")]
    put = one([[], [lines[a], lines[a]], [lines[b]], [changed], *joined], rng)
    return b"\n".join([*lines[:a], *put, *lines[a + 1 :]])


def mutated(of: str, other: Other, rng: np.random.Generator) -> Mutant:
    ways = [change_bytes, cut] if of in SAFE else [change_bytes, cut, change_text, change_text]
    return Mutant(of, one(ways, rng)(other.file, rng), False)


def read_other(other: Other, file: bytes) -> str:
    """ "equal", "other" or "WRONG"; raises what the reader raises."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / other.name
        path.write_bytes(file)
        found = other.read(path)
    return "other" if not other.right else "equal" if found == other.right else "WRONG"
