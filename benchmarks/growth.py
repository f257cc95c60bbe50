"""python -m benchmarks growth: how the cost of a training step, and the memory, grow.

    batch        a step, by its rows                        vocabulary   by the ids of both towers, 1e3 .. 1e6
    active       by the active wide ids of a row            scattered    the same, all ids in use
    width        by the units of two equal layers           memory       of a process, by the ids
    depth        by the number of layers of 64 units        rows         trained on while streamed from disk, 1e5, 1e6

Each is fitted by cost = factor * size^exponent.  A step updates only the rows of large tables that its batch holds, so
its cost should not grow with the vocabulary: an exponent near 0, if the batches hold the same number of distinct ids
(1,000, spread over the vocabulary).  Where all ids are in use ("scattered"), a larger vocabulary has more distinct ids
in a batch and fewer of them in the cache.  Elsewhere, an exponent below 1 shows a fixed cost (of calls) besides the
arithmetic.  --long adds 1e7 ids (1.5 GB of memory) and 1e7 rows (1.3 GB of disk).

Times are processor time with one BLAS thread, which a busy machine does not disturb; `speed` measures threads.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import environment
from mlp.train import minibatches
from widedeep import Batch, Deep, Wide, WideDeep, optimizers_for, train_step

Record = dict[str, Any]
CHUNK = 2**15  # rows read from disk at a time
COLUMNS, NUMBERS, D = 8, 4, 8


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    if args.child:
        what, size = args.child
        print(json.dumps(CHILDREN[what](int(size))))
        return 0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; medians of {args.repeats} steps")
    records = []
    for what in args.only or GROWTH:
        measure, sizes = GROWTH[what]
        sizes = sizes + [10**7] if args.long and what in ("vocabulary", "scattered", "memory", "rows") else sizes
        found = [measure(size, args.repeats) for size in sizes]
        for unit in found[0]:
            records.append(fit(what, unit, sizes, [costs[unit] for costs in found]))
            print_record(records[-1])
    if args.json:
        args.json.write_text(json.dumps(records, indent=1) + "\n")
    if args.plots:
        from benchmarks.plots import growth

        args.plots.mkdir(exist_ok=True)
        print("plots: " + ", ".join(map(str, growth(records, args.plots))))
    return 0


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="WHAT", choices=list(GROWTH), help=", ".join(GROWTH))
    parser.add_argument("--repeats", type=int, default=50, help="steps for each size (default 50)")
    parser.add_argument("--long", action="store_true", help="1e7 ids and 1e7 rows too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw the plots into this folder")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.repeats < 1:
        parser.error(f"--repeats {args.repeats}: want at least 1")
    return args


def fit(what: str, unit: str, sizes: list[int], costs: list[float]) -> Record:
    """Fit cost = factor * size^exponent: least squares on logarithmic axes."""
    exponent, log_factor = np.polyfit(np.log(sizes), np.log(costs), 1)
    factor = float(np.exp(log_factor))
    return {"what": what, "unit": unit, "sizes": sizes, "costs": costs, "exponent": float(exponent), "factor": factor}


def print_record(record: Record) -> None:
    points = "   ".join(f"{size:,}: {cost:,.4g}" for size, cost in zip(record["sizes"], record["costs"]))
    print(f"{record['what']:<11} {record['unit']:<11} ~ size^{record['exponent']:.2f}   {points}", flush=True)


def build(ids: int, hidden: list[int]) -> tuple[WideDeep, Any]:
    deep = Deep(ids + 1, D, (COLUMNS, NUMBERS), hidden, np.random.default_rng(0))
    model = WideDeep(wide=Wide(ids + 1), deep=deep)
    return model, optimizers_for(model, 256)


def generate(rng: np.random.Generator, n: int, ids: int, active: int, distinct: int | None = None) -> Batch:
    distinct = distinct or ids
    wide = 1 + rng.integers(0, distinct, (n, active), dtype=np.int32) * (ids // distinct)
    deep = 1 + rng.integers(0, distinct, (n, COLUMNS), dtype=np.int32) * (ids // distinct)
    numbers = rng.normal(size=(n, NUMBERS)).astype(np.float32)
    labels = (numbers[:, :1] + rng.normal(size=(n, 1)) > 0).astype(np.float32)
    return Batch(wide, deep, (), np.zeros((n, 0), np.float32), numbers, labels)


def step_cost(
    rows: int = 256,
    ids: int = 100_000,
    distinct: int | None = None,
    active: int = 16,
    hidden: tuple[int, ...] = (64, 32),
    repeats: int = 50,
) -> dict[str, float]:
    """The median time of a step, gathering its rows included, after ten warm-up steps."""
    rng = np.random.default_rng(0)
    model, optimizers = build(ids, list(hidden))
    data = generate(rng, max(4096, 4 * rows), ids, active, distinct)
    seconds = []
    for _ in range(repeats + 10):
        chosen = rng.integers(0, len(data), rows)
        start = time.process_time()
        train_step(model, optimizers, data[chosen])
        seconds.append(time.process_time() - start)
    return {"us a step": statistics.median(seconds[10:]) * 1e6}


def by(name: str, size: int, repeats: int) -> dict[str, float]:
    """step_cost, with one size changed."""
    if name == "width":
        return step_cost(hidden=(size, size), repeats=repeats)
    if name == "depth":
        return step_cost(hidden=(64,) * size, repeats=repeats)
    if name == "vocabulary":
        return step_cost(ids=size, distinct=1000, repeats=repeats)
    return step_cost(**{name: size}, repeats=repeats)


def child(what: str, size: int, repeats: int) -> dict[str, float]:
    """In a process of its own, whose peak memory is that of this measurement."""
    command = [sys.executable, "-m", "benchmarks", "growth", "--child", what, str(size)]
    env = environment(1, Path("unused"))
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    return json.loads(found.stdout)


def memory(size: int) -> dict[str, float]:
    """Megabytes that a model of `size` ids, its optimizer state and a few steps take, beyond a tiny model's."""
    rng, peaks = np.random.default_rng(0), []
    for ids in (100, size):  # the small one first: memory that does not depend on the size
        model, optimizers = build(ids, [64, 32])
        for _ in range(5):
            train_step(model, optimizers, generate(rng, 256, ids, 16))
        peaks.append(peak())
    return {"MB": peaks[1] - peaks[0]}


def stream(n: int) -> dict[str, float]:
    """Train on n rows from disk, a chunk at a time: microseconds a row, and megabytes beyond the model's."""
    ids, rng = 100_000, np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="widedeep-rows-") as folder:
        files = {name: Path(folder) / name for name in ("wide", "deep", "numbers", "labels")}
        write = [sys.executable, "-m", "benchmarks", "growth", "--child", "write", str(n)]
        subprocess.run(write, check=True, env=os.environ | {"WIDEDEEP_ROWS": folder}, stdout=subprocess.DEVNULL)
        model, optimizers = build(ids, [64, 32])
        before, start = peak(), time.process_time()
        for first in range(0, n, CHUNK):
            data = read(files, first, min(CHUNK, n - first))
            for rows in minibatches(len(data), 256, rng):
                train_step(model, optimizers, data[rows])
        seconds = time.process_time() - start
    return {"us a row": seconds / n * 1e6, "MB": peak() - before}


def write(n: int) -> dict[str, float]:
    folder, rng = Path(os.environ["WIDEDEEP_ROWS"]), np.random.default_rng(0)
    for first in range(0, n, CHUNK):
        batch = generate(rng, min(CHUNK, n - first), 100_000, 16)
        for name in ("wide", "deep", "numbers", "labels"):
            with open(folder / name, "ab") as file:
                getattr(batch, name).tofile(file)
    return {}


def read(files: dict[str, Path], first: int, n: int) -> Batch:
    """n rows from disk.  A fresh map for each chunk, copied: pages of a map that stays open would count as memory."""
    kinds = {"wide": (np.int32, 16), "deep": (np.int32, COLUMNS), "numbers": (np.float32, NUMBERS)}
    kinds["labels"] = (np.float32, 1)
    arrays = {
        name: np.array(np.memmap(files[name], dtype, "r", first * width * 4, (n, width)))
        for name, (dtype, width) in kinds.items()
    }
    return Batch(arrays["wide"], arrays["deep"], (), np.zeros((n, 0), np.float32), arrays["numbers"], arrays["labels"])


def peak() -> float:
    """This process's peak of resident memory so far, MB.  (ru_maxrss would count the parent's peak before the exec.)"""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return float(line.split()[1]) / 1024
    raise OSError("growth: no VmHWM in /proc/self/status; memory is measured on Linux only")


GROWTH: dict[str, tuple[Callable[[int, int], dict[str, float]], list[int]]] = {
    "batch": (partial(by, "rows"), [32, 64, 128, 256, 512, 1024, 2048, 4096]),
    "active": (partial(by, "active"), [4, 8, 16, 32, 64, 128, 256]),
    "vocabulary": (partial(by, "vocabulary"), [10**3, 10**4, 10**5, 10**6]),
    "scattered": (partial(by, "ids"), [10**3, 10**4, 10**5, 10**6]),
    "width": (partial(by, "width"), [16, 32, 64, 128, 256, 512, 1024]),
    "depth": (partial(by, "depth"), [1, 2, 4, 8, 16]),
    "memory": (partial(child, "memory"), [10**4, 10**5, 10**6]),
    "rows": (partial(child, "rows"), [10**5, 10**6]),
}
CHILDREN = {"memory": memory, "rows": stream, "write": write}
