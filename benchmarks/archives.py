"""python -m benchmarks archives: mutated archives, checkpoints, tables, columns files, safetensors; loaded.

Each is refused in a ValueError that says what is wrong, or is the original.  A mutant whose digest was computed anew
may also load as another, well-formed model; it is then used: rows encoded and predicted, every id named, a step
trained.  An accident never makes such a file.  A checkpoint is loaded by going on with its run, and is equal if the
run ends in the same weights.  A CSV or a columns file is read as the commands read it (other_files.py).  Outcomes:

    refused      a ValueError that names the file and what is wrong; late, if from the last barrier
    equal        the original, to the byte      other    another model (digest anew), which works
    WRONG        another model, old digest      CRASH    any other exception
    BROKEN       loads, and fails in use        HANG     more than 20 seconds

`other` includes models that answer these rows with a ValueError about the table, as for a column of another name, and
runs whose loss becomes infinite.  The last four want none.  --state FILE keeps the counts: the same command again
goes on where it stopped.
"""

import argparse
import io
import json
import signal
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mutants import KINDS, mutant
from benchmarks.originals import checkpoint, go_on, originals, signature, used
from benchmarks.other_files import SAFE, Other, mutated, others, read_other
from widedeep import load

BAD = ("WRONG", "CRASH", "BROKEN", "HANG")
OUTCOMES = ("refused", "late", "equal", "other", *BAD)
OTHERS = ("csv", "columns file", *SAFE)
MEMORY = 4 << 30


class Named(io.BytesIO):
    def __repr__(self) -> str:
        return "mutant.npz"

    __str__ = __repr__


def outcome(file: bytes, sealed: bool, right: str, of: str = "") -> tuple[str, str]:
    """(one of OUTCOMES, what was said)"""
    try:
        loaded = go_on(file) if of == "checkpoint" else load(Named(file))
    except ValueError as error:
        told = str(error)
        if sealed and of == "checkpoint" and told.startswith("fit: "):
            return "other", told
        if "mutant.npz: " not in told:
            return "CRASH", f"a message that does not name the file: {told}"
        return ("late" if "save it again" in told else "refused"), told
    except Exception:
        return "CRASH", traceback.format_exc()
    if signature(*loaded) == right:
        return "equal", ""
    if not sealed:
        return "WRONG", "another model"
    if of == "checkpoint":
        return "other", ""
    try:
        used(*loaded)
    except ValueError as error:
        return "other", str(error)
    except Exception:
        return "BROKEN", traceback.format_exc()
    return "other", ""


def outcome_of_other(other: Other, file: bytes) -> tuple[str, str]:
    try:
        return read_other(other, file), ""
    except ValueError as error:
        fine = "mutant." in str(error)
        return ("refused", str(error)) if fine else ("CRASH", f"a message that does not name the file: {error}")
    except Exception:
        return "CRASH", traceback.format_exc()


def hang(*_: Any) -> None:
    raise TimeoutError("20 seconds")


def run(first: int, stop: int, seed: int, seconds: float, counts: Counter[str], show: int = 5) -> int:
    """Try mutants first .. stop - 1; returns the number of the next one."""
    files = originals() | {"checkpoint": checkpoint()}
    right = {name: signature(*load(io.BytesIO(file))) for name, file in files.items() if name != "checkpoint"}
    right["checkpoint"] = signature(*go_on(files["checkpoint"]))
    more = others()
    names, end, shown = [*files, *more], time.monotonic() + seconds, 0
    for i in range(first, stop):
        if time.monotonic() > end:
            return i
        name = names[i % len(names)]
        rng = np.random.default_rng([seed, i])
        made = mutated(name, more[name], rng) if name in more else mutant(files[name], rng)
        signal.signal(signal.SIGALRM, hang)
        signal.alarm(20)
        try:
            if name in more:
                what, told = outcome_of_other(more[name], made.file)
            else:
                what, told = outcome(made.file, made.sealed, right[name], name)
        except TimeoutError:
            what, told = "HANG", ""
        finally:
            signal.alarm(0)
        what = "HANG" if "TimeoutError: 20 seconds" in told else what
        counts[f"{made.kind}{', digest anew' if made.sealed else ''}: {what}"] += 1
        if what in BAD and shown < show:
            shown += 1
            print(
                f"mutant {i} of seed {seed} ({made.kind} of {name!r}, sealed {made.sealed}): {what}\n{told}", flush=True
            )
    return stop


def table(counts: Counter[str]) -> list[str]:
    lines = [f"{'':<24}" + "".join(f"{name:>9}" for name in OUTCOMES)]
    for row in [f"{kind}{more}" for kind in KINDS for more in ("", ", digest anew")] + [*OTHERS, "all"]:
        of = [counts[f"{row}: {name}"] for name in OUTCOMES]
        if row == "all":
            of = [sum(n for key, n in counts.items() if key.endswith(f": {name}")) for name in OUTCOMES]
        if any(of):
            lines.append(f"{row:<24}" + "".join(f"{n:>9,}" for n in of))
    return lines


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks archives", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutants", type=int, default=100_000, help="how many, from number 0 (default 100,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the counts here, and go on from them")
    args = parser.parse_args(argv)
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    counts, first = Counter(), 0
    if args.state and args.state.exists():
        kept = json.loads(args.state.read_text())
        if kept["seed"] != args.seed:
            parser.error(f"{args.state} is of seed {kept['seed']}")
        counts, first = Counter(kept["counts"]), kept["next"]
    start = time.monotonic()
    stopped = run(first, args.mutants, args.seed, args.seconds, counts)
    if args.state:
        args.state.write_text(json.dumps({"seed": args.seed, "next": stopped, "counts": dict(counts)}, indent=1) + "\n")
    print("\n".join(table(counts)))
    print(
        f"{sum(counts.values()):,} mutants of seed {args.seed}, {stopped - first:,} of them in "
        f"{time.monotonic() - start:.0f} s"
    )
    return 1 if any(key.endswith(f": {bad}") for key in counts for bad in BAD) else 0
