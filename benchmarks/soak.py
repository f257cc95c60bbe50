"""python -m benchmarks soak [--minutes 60]: does memory stay flat while the same is done again and again?

cycles      train on Adult, save, load, predict and explain; what is loaded answers as what was saved, to the bit
stream      a model that is trained on generated rows, a window at a time, none of them kept
server      python -m widedeep.serve on the app store, under load from 20 connections

The three run side by side, each in a process of its own, and say once a minute how much memory they hold.  Flat: in
the last quarter no more than in the second one by a twentieth (what is loaded late belongs to the first).
"""

import argparse
import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.serving import ask_all
from widedeep import (
    Category,
    Cross,
    Deep,
    Encoder,
    Standard,
    Wide,
    WideDeep,
    explain,
    fit,
    load,
    optimizers_for,
    save,
)
from widedeep.datasets import adult
from widedeep.datasets.table import take
from widedeep.training.stream import fit_stream

LEGS = "cycles", "stream", "server"
GROWTH = 1.05
WINDOW = 100_000


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--only", nargs="+", choices=LEGS, default=list(LEGS))
    parser.add_argument("--leg", choices=LEGS, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if not args.minutes > 0:
        parser.error(f"--minutes {args.minutes}: want more than 0")
    if args.leg:
        {"cycles": cycles, "stream": stream, "server": server}[args.leg](60 * args.minutes)
        return 0
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", str(args.minutes), "--leg"]
    running = {leg: subprocess.Popen([*command, leg], stdout=subprocess.PIPE, text=True) for leg in args.only}
    flat = True
    for leg, process in running.items():
        told = [json.loads(line) for line in process.communicate()[0].splitlines()]
        flat &= report(leg, told) and process.returncode == 0
    return 0 if flat else 1


def report(leg: str, told: list[dict[str, Any]]) -> bool:
    """One line of a leg: memory at first, then by quarters of the time, and what was done.  Was it flat?"""
    if len(told) < 4:
        print(f"{leg:<8} {len(told)} measurements; want 4 at least, so more minutes")
        return False
    quarters = [max(row["megabytes"] for row in part) for part in np.array_split(np.array(told, object), 4)]
    flat = quarters[3] <= GROWTH * quarters[1]
    said = f"{leg:<8} at first {told[0]['megabytes']:.0f} MB; most in each quarter "
    said += ", ".join(f"{most:.0f}" for most in quarters)
    print(f"{said}: {'flat' if flat else 'IT GROWS'}; {told[-1]['done']}", flush=True)
    return flat


def megabytes(process: int | str = "self") -> float:
    """What a process holds in memory now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


class Clock:
    """Says once a minute, and at the end, how much memory is held and what was done."""

    def __init__(self, seconds: float):
        self.start = time.monotonic()
        self.end, self.next, self.each = self.start + seconds, self.start, min(60.0, seconds / 20)

    def running(self, done: str, process: int | str = "self") -> bool:
        now = time.monotonic()
        if now >= self.next or now >= self.end:
            print(json.dumps({"megabytes": megabytes(process), "done": done}), flush=True)
            self.next = now + self.each
        return now < self.end


def cycles(seconds: float) -> None:
    data = adult.load()
    train, test = data.splits["random"]["train"], data.splits["random"]["test"][:1000]
    rows = take(data.table, test)
    clock, n = Clock(seconds), 0
    with tempfile.TemporaryDirectory() as folder:
        while clock.running(f"{n} times trained, saved, loaded, predicted and explained"):
            rng = np.random.default_rng(n)
            chosen = rng.choice(train, 5000, replace=False)
            table, labels = take(data.table, chosen), data.labels[chosen]
            columns = [Category(name) for name in ("education", "occupation", "relationship")]
            encoder = Encoder([*columns, Cross("education", "occupation")], columns, [Standard("age")]).fit(table)
            model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 8, encoder.n_inputs, [32, 16], rng))
            rules = optimizers_for(model, 128)
            fit(model, rules, encoder.encode(table, labels), rng=rng, epochs=1, batch_size=128)
            path = save(Path(folder) / "model.npz", model, encoder, rules)
            kept, its_encoder, _ = load(path)
            mine, its = model.predict(encoder.encode(rows)), kept.predict(its_encoder.encode(rows))
            if not np.array_equal(mine, its):
                raise SystemExit(f"cycle {n}: the loaded model answers otherwise")
            explain(kept, its_encoder, its_encoder.encode(rows)[np.arange(5)])
            n += 1


def stream(seconds: float) -> None:
    truth = np.random.default_rng(0)
    city, shop = truth.normal(0, 1, 300), truth.normal(0, 0.7, (300, 40))
    clock, rng, n, losses = Clock(seconds), np.random.default_rng(1), 0, []

    def window() -> tuple[dict[str, np.ndarray], np.ndarray]:
        c, s = (300 * rng.random(WINDOW) ** 2).astype(int), rng.integers(0, 40, WINDOW)
        y = rng.random(WINDOW) < 1 / (1 + np.exp(-(city[c] + shop[c, s])))
        return {"city": c, "shop": s}, y[:, None] * 1.0

    def windows(k: int) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        for _ in range(k):
            yield window()

    encoder = Encoder(["city", "shop", Cross("city", "shop")], ["city", "shop"]).fit(window()[0])
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 8, encoder.n_inputs, [16], rng))
    rules = optimizers_for(model, 1024)
    while clock.running(f"{n / 1e6:.1f} million rows; loss of the last {losses[-1:] or 'none'}"):
        losses = [fit_stream(model, rules, encoder, lambda: windows(5), 5 * WINDOW, rng=rng, epochs=1,
                             batch_size=1024)[0]["loss"]]  # fmt: skip
        n += 5 * WINDOW


def server(seconds: float) -> None:
    command = [sys.executable, "-m", "widedeep.serve", "--data", "appstore", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    found = re.match(r"http://127.0.0.1:(\d+)/", process.stdout.readline())
    if found is None:
        raise SystemExit(f"the server did not start: {' '.join(command)}")
    body = json.dumps({"user": 7, "k": 5}).encode()
    head = (
        f"POST /recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    clock, statuses, still = Clock(seconds), Counter[str](), True

    def ask() -> None:
        while still:
            statuses.update(status for status, _ in asyncio.run(ask_all(int(found[1]), head.encode() + body, 20, 5.0)))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        while clock.running(f"requests by status: {dict(statuses)}", process.pid):
            time.sleep(1)
    finally:
        still = False
        asking.join()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    if set(statuses) != {"200"}:
        raise SystemExit(f"statuses {dict(statuses)}; want 200 alone")


if __name__ == "__main__":
    raise SystemExit(main())
