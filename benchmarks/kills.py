"""python -m benchmarks kills: kill -9 at random moments of training and of saving, and go on: do the weights come out?

A child trains a small model, writes a checkpoint after every step and saves the model after every epoch.  It is killed
after a random time and started again, until it ends; then its weights are compared, bit for bit, with those of a run
that nobody disturbed.  After every kill the checkpoint and the model have to be whole.  Chains of kills follow one
another until there are --times of them.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
EPOCHS, ROWS = 40, 600


def child(folder: Path) -> None:
    """The run: the same every time that it is started."""
    from mlp import Adam
    from mlp.windows import flatten
    from widedeep import EMA, Category, Checkpoint, Cross, Deep, Encoder, Wide, WideDeep, fit, optimizers_for, save

    rng = np.random.default_rng(0)
    table = {"user": rng.integers(0, 40, ROWS), "item": rng.integers(0, 60, ROWS)}
    columns = [Category("user"), Category("item")]
    encoder = Encoder(wide=[*columns, Cross("user", "item")], deep=columns).fit(table)
    batch = encoder.encode(table, (rng.random((ROWS, 1)) < 0.5) * 1.0)
    deep = Deep(encoder.n_deep, 8, encoder.n_inputs, [32, 16], rng, dropout=0.2)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=deep)
    rules = optimizers_for(model, 64) | {"deep": Adam(0.001)}
    rows = np.arange(ROWS)
    print("training", flush=True)
    fit(model, rules, batch[rows[:500]], batch[rows[500:]], rng=rng, epochs=EPOCHS, batch_size=64,
        ema=EMA(model.params(), 0.9), report=lambda _: save(folder / "model.npz", model, encoder, rules),
        checkpoint=Checkpoint(folder / "run.npz", steps=1))  # fmt: skip
    total = blake2b()
    for name, w in flatten(model.params()):
        total.update(name.encode() + w.tobytes())
    print(total.hexdigest())


def start(folder: Path) -> subprocess.Popen[str]:
    program = f"from pathlib import Path; from benchmarks.kills import child; child(Path({str(folder)!r}))"
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def undisturbed() -> str:
    with tempfile.TemporaryDirectory() as folder:
        out, err = start(Path(folder)).communicate()
    if not out.startswith("training"):
        raise RuntimeError(err)
    return out.split()[1]


def chain(folder: Path, rng: np.random.Generator, times: int, longest: float = 1.0, wanted: str = "") -> dict[str, Any]:
    """Kill a run up to `times` times, then let it end."""
    from widedeep import load
    from widedeep.archives.members import Members

    told: dict[str, Any] = {"kills": 0, "while writing": 0, "before the first checkpoint": 0, "models": 0}
    while True:
        run = start(folder)
        if told["kills"] < times:
            assert run.stdout is not None
            run.stdout.readline()  # it trains: from here on a random time
            try:
                run.wait(float(rng.uniform(0, longest)))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
        out, err = run.communicate()
        if run.returncode == 0:
            break
        if run.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the run did not go on: {err}")
        told["kills"] += 1
        told["while writing"] += any(folder.glob(".*.part"))
        if (folder / "run.npz").exists():
            with open(folder / "run.npz", "rb") as file:
                members = Members(file)
                for name in members.headers:
                    members.array(name)
        else:
            told["before the first checkpoint"] += 1
        if (folder / "model.npz").exists():
            load(folder / "model.npz")
            told["models"] += 1
    told["same weights"] = out.split()[-1] == (wanted or undisturbed())
    return told


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks kills", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=200, help="kills in all (default 200)")
    parser.add_argument("--chain", type=int, default=10, help="kills of one run, at most (default 10)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    rng, wanted, began = np.random.default_rng(args.seed), undisturbed(), time.monotonic()
    total: dict[str, Any] = {"runs": 0, "with other weights": 0, "kills": 0}
    while total["kills"] < args.times:
        with tempfile.TemporaryDirectory() as folder:
            told = chain(Path(folder), rng, min(args.chain, args.times - total["kills"]), wanted=wanted)
            left = [name for name in os.listdir(folder) if name.endswith(".part")]
        total["runs"] += 1
        total["with other weights"] += not told.pop("same weights")
        total["parts left at the end"] = total.get("parts left at the end", 0) + len(left)
        for name, n in told.items():
            total[name] = total.get(name, 0) + n
    total["seconds"] = round(time.monotonic() - began)
    print(json.dumps(total, indent=1))
    if args.json:
        args.json.write_text(json.dumps(total, indent=1) + "\n")
    return 1 if total["with other weights"] else 0
