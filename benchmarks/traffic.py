"""python -m benchmarks traffic: the bytes of a step of data-parallel training, per worker; by formula, and measured.

    P = V + V d + D      numbers in the model: wide weights, embeddings, and what does not grow with V
    R(u) = V (1 - (1 - 1/V)^u)       different ids among u uses, where ids are drawn alike (skewed ones: fewer)

    down, whole          b (P + J) + rows                  what widedeep.bridges.dask.fit sends to each worker
    up, dense            b P                               a gradient as long as the model
    up, touched          R(u_w) (8 + b) + R(u_d) (8 + b d) + b D       what comes back: an id of 8 bytes for each row
    pull, touched        the same again, and the rows      of a server of parameters that is asked for some rows only
    all-reduce           2 (W - 1) / W b P                 of a ring of W workers, out of each

b = 4 bytes.  J: the deep tower's vector (D, and V d too where that is small), which is pickled with its windows beside
it, so twice.  A table of at most SMALL numbers has a dense gradient (widedeep/rows.py), and is counted so.  Measured
are pickles of the model with a part of the batch, and of the gradient: no network, no Dask.
"""

import argparse
import json
import pickle
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlp.windows import flatten
from perceptron.losses import log_loss
from widedeep import Batch, Deep, Wide, WideDeep, optimizers_for, train_step
from widedeep import train as chapter
from widedeep.rows import SMALL

B, WIDE, DEEP, NUMBERS, D, HIDDEN = 4, 30, 20, 10, 16, (64, 32)  # bytes; columns of each kind; a row's numbers; layers


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    records = [by_formula(int(V), args.batch_size, args.workers, args.gbit) for V in args.ids]
    for record in records:
        if record["ids"] <= args.measure:
            record |= measured(record["ids"], args.batch_size, args.workers)
    print(f"batches of {args.batch_size:,} rows, {args.workers} workers, {WIDE} wide and {DEEP} deep columns, "
          f"{NUMBERS} numbers, rows of {D}, layers {HIDDEN}; bytes of a step")  # fmt: skip
    print("       ids V    model   down: whole  up: dense   touched   pulled  all-reduce   client holds  client's line")
    for r in records:
        print(f"{r['ids']:>12,} {size(r['model']):>8} {size(r['down']):>13} {size(r['dense']):>10} "
              f"{size(r['touched']):>9} {size(r['pulled']):>8} {size(r['all_reduce']):>11} {size(r['holds']):>14} "
              f"{r['seconds']:>12,.2f} s")  # fmt: skip
    for r in records:
        if "measured_down" in r:
            print(f"measured at V = {r['ids']:,}: down {r['measured_down'] / r['down']:.3f}, up "
                  f"{r['measured_up'] / r['touched']:.3f} of the formula's")  # fmt: skip
    row = B * (WIDE + DEEP + NUMBERS + 1)
    print(f"an encoded row has {row} bytes: 1e6 rows {size(1e6 * row)}, 1e8 {size(1e8 * row)}, 1e10 {size(1e10 * row)}")
    print(f"a client of {args.memory:g} GB has room for V = {most_ids(args.memory * 1e9):,} ids; with validation rows, "
          f"whose best epoch is kept beside, for {most_ids(args.memory * 5e8):,}")  # fmt: skip
    if args.dask:
        beside_one_process(args.dask, [(10_000, 1024), (10_000, 65_536), (1_000_000, 8192)], 3)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(records, file, indent=1)
    return 0


def by_formula(V: int, n: int, workers: int, gbit: float) -> dict[str, Any]:
    """The bytes of one step of a worker that gets n / workers rows; `seconds`: all workers' on the client's line."""
    fixed = fixed_numbers()
    P = V + V * D + fixed
    rows = n / workers * B * (WIDE + DEEP + NUMBERS + 1)
    touched = sum_touched(V, 1, n / workers * WIDE) + sum_touched(V, D, n / workers * DEEP) + B * fixed
    down = B * (P + fixed - 1 + (V * D if V * D <= SMALL else 0)) + rows
    return {"ids": V, "model": B * P, "down": down, "dense": B * P, "touched": touched, "pulled": touched + rows,
            "all_reduce": 2 * (workers - 1) / workers * B * P, "holds": B * (3 * V + 2 * (V * D + fixed)),
            "seconds": workers * (down + touched) * 8 / (gbit * 1e9)}  # fmt: skip


def most_ids(memory: float) -> int:
    """The largest V whose weights and memories fit: `holds`, solved for V."""
    return int((memory / B - 2 * fixed_numbers()) / (3 + 2 * D))


def sum_touched(V: int, d: int, uses: float) -> float:
    """Bytes of the gradient of a table (V, d) of which `uses` rows are looked up."""
    return B * V * d if V * d <= SMALL else -V * np.expm1(uses * np.log1p(-1 / V)) * (8 + B * d)


def fixed_numbers() -> int:
    """D: layers, last weights and the bias of the composer, which do not grow with V."""
    sizes = [DEEP * D + NUMBERS, *HIDDEN]
    return sum(a * b + b for a, b in zip(sizes, sizes[1:])) + HIDDEN[-1] + 1


def model_of(V: int) -> WideDeep:
    return WideDeep(wide=Wide(V), deep=Deep(V, D, (DEEP, NUMBERS), list(HIDDEN), np.random.default_rng(0)))


def batch_of(V: int, n: int) -> Batch:
    rng = np.random.default_rng(1)
    wide, deep = (rng.integers(1, V, (n, columns), dtype=np.int32) for columns in (WIDE, DEEP))
    labels = (rng.random((n, 1)) < 0.5).astype(np.float32)
    return Batch(wide, deep, (), np.zeros((n, 0), np.float32), rng.random((n, NUMBERS), np.float32), labels)


def measured(V: int, n: int, workers: int) -> dict[str, Any]:
    """Pickles of what a worker gets and gives, of a model that is there."""
    model, part = model_of(V), batch_of(V, n // workers)
    z, caches = model.forward(part)
    grads = model.backward(log_loss(z, part.labels, None, n)[1], caches)
    return {"measured_down": len(pickle.dumps((model, part), 5)), "measured_up": len(pickle.dumps(grads, 5))}


def held(V: int) -> int:
    """Bytes of a model's weights and its optimizers' memories, counted on one that has taken a step."""
    model = model_of(V)
    rules = optimizers_for(model, 64)
    train_step(model, rules, batch_of(V, 64))
    weights = sum(w.nbytes for _, w in flatten(model.params()))
    return weights + sum(kept.nbytes for rule in rules.values() for memory in rule.memory.values() for kept in memory)


def beside_one_process(workers: int, cases: Sequence[tuple[int, int]], repeats: int) -> list[float]:
    """Steps on this machine, in one process and on a cluster of its processes, in turn; the ratios of the medians."""
    from dask.distributed import Client

    from widedeep.bridges.dask import fit

    ratios = []
    with Client(n_workers=workers, threads_per_worker=1, dashboard_address=None) as client:
        for V, n in cases:
            runs = {"one": chapter.fit, "cluster": lambda *a, **k: fit(client, *a, **k)}
            rows, times = batch_of(V, 4 * n), {name: [] for name in runs}
            for name in [*runs] * repeats:
                model = model_of(V)
                rules = optimizers_for(model, n)
                start = time.perf_counter()
                runs[name](model, rules, rows, rng=np.random.default_rng(0), epochs=1, batch_size=n)
                times[name].append(time.perf_counter() - start)
            ratios.append(float(np.median(times["cluster"]) / np.median(times["one"])))
            print(f"V = {V:,}, batches of {n:,}: {workers} workers on this machine take {ratios[-1]:.1f} times as long "
                  "as one process")  # fmt: skip
    return ratios


def size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks traffic", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=8192)
    parser.add_argument("--ids", type=float, nargs="+", default=[1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10])
    parser.add_argument("--gbit", type=float, default=10, help="of the client's line, a second")
    parser.add_argument("--memory", type=float, default=64, help="of the client, in GB")
    parser.add_argument("--measure", type=float, default=1e6, help="measure up to so many ids")
    parser.add_argument("--dask", type=int, metavar="N", help="time steps on N local workers, too (wants Dask)")
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args(argv)
    if args.workers < 1 or args.batch_size < args.workers or min(args.ids) < 2 or args.gbit <= 0:
        parser.error("want one worker or more, a row or more for each, two ids or more, and a line")
    return args
