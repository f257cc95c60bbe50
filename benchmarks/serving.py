"""python -m benchmarks serving: how long an answer takes, batched and threaded, and under load.

table 2     one request of 200 candidates, in batches, over threads of this process, from the rows of a table to
            probabilities: Cheng et al. 2016, section 4.3, have 31 ms (200 x 1 thread), 17 (100 x 2), 14 (50 x 4)
load        python -m widedeep.serve as a process of its own; 200 connections, each asking again when answered, 30 s
beyond      1,000 connections and a queue of 100: who gets 503, and whether everybody gets an answer

Needs pip install -e '.[serve]'.  The client runs on the same cores as the server, so what it costs is in the times.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from widedeep import save
from widedeep.datasets import adult, appstore
from widedeep.datasets.table import take
from widedeep.serve.served import Served
from widedeep.serve.sources import shop_of_data, trained_on

Record = dict[str, Any]
DATA = {"adult": adult.load, "appstore": appstore.load}
CANDIDATES, BATCHES, THREADS = 200, (200, 100, 50, 25), (1, 2, 4)


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; one BLAS thread")
    found: Record = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "table2": {}, "load_held": []}
    with tempfile.TemporaryDirectory() as folder:
        for name in args.data:
            data = DATA[name]()
            model, encoder = trained_on(data, epochs=args.epochs)
            served = Served(model, encoder, shop_of_data(data), name)
            rows = data.splits["random"]["test"][:CANDIDATES]
            found["table2"][name] = table2(served, take(data.table, rows), args.repeats)
            print_table2(name, found["table2"][name])
            archive = save(Path(folder) / f"{name}.npz", model, encoder)
            people = ["--data", name] if served.people else []
            requests = {"/predict": {"rows": [{f.name: f.usual for f in served.fields}]}}
            if served.people:
                requests["/recommend"] = {"user": served.about()["people"]["some_users"][0], "k": 10}
            for path, body in requests.items():
                record = load([archive, *people], path, body, args.connections, args.seconds)
                found["load_held"].append(record | {"data": name})
                print_load(name, record)
        record = load([archive, *people, "--queue", "100"], path, body, 5 * args.connections, min(args.seconds, 5))
        found["beyond"] = record | {"data": name}
        print_load(f"{name}, a queue of 100", record)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    if args.plot:
        from benchmarks.plots import table2 as draw

        print(f"plot: {draw(found['table2'], args.plot)}")
    return 0 if all(set(record["statuses"]) == {"200"} for record in found["load_held"]) else 1


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks serving", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=list(DATA), default=list(DATA))
    parser.add_argument("--epochs", type=int, default=3, help="of training; times do not depend on them (default 3)")
    parser.add_argument("--repeats", type=int, default=50, help="requests for each cell of table 2 (default 50)")
    parser.add_argument("--connections", type=int, default=200, help="at once (default 200)")
    parser.add_argument("--seconds", type=float, default=30, help="of load (default 30)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw table 2")
    args = parser.parse_args(argv)
    if min(args.epochs, args.repeats, args.connections) < 1 or not args.seconds > 0:
        parser.error("--epochs, --repeats, --connections, --seconds: want at least 1")
    return args


def table2(served: Served, table: dict[str, np.ndarray], repeats: int) -> list[Record]:
    """Median and 99th percentile of one request in ms, for each size of batch and number of threads, interleaved."""
    plain = {name: table[name].tolist() for name in served.encoder.reads}
    cells = [(batch, threads) for batch in BATCHES for threads in THREADS if threads * batch <= CANDIDATES]
    times: dict[tuple[int, int], list[float]] = {cell: [] for cell in cells}
    want = served.predict(plain)
    pools = {threads: ThreadPoolExecutor(threads) for threads in THREADS}
    for repeat in range(repeats + 2):  # the first two warm up
        for batch, threads in cells:
            start = time.perf_counter()
            parts = [
                {name: values[at : at + batch] for name, values in plain.items()} for at in range(0, CANDIDATES, batch)
            ]
            found = [p for part in pools[threads].map(served.predict, parts) for p in part]
            if repeat > 1:
                times[batch, threads].append(1000 * (time.perf_counter() - start))
            np.testing.assert_allclose(found, want, rtol=1e-4)
    for pool in pools.values():
        pool.shutdown()
    return [
        {"batch": batch, "threads": threads, "p50": float(np.median(ms)), "p99": float(np.percentile(ms, 99))}
        for (batch, threads), ms in times.items()
    ]


def print_table2(name: str, records: list[Record]) -> None:
    print(f"\n{name}: a request of {CANDIDATES} candidates, ms\n  batch  threads     p50     p99")
    for record in records:
        print(f"  {record['batch']:5}  {record['threads']:7}  {record['p50']:6.2f}  {record['p99']:6.2f}")


def load(arguments: list[Any], path: str, body: Record, connections: int, seconds: float) -> Record:
    """The server under so many connections: statuses, requests a second, and times of those with 200."""
    command = [sys.executable, "-m", "widedeep.serve", *map(str, arguments), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    found = re.match(r"http://127.0.0.1:(\d+)/", server.stdout.readline())
    if found is None:
        raise ValueError(f"the server did not start: {' '.join(command)}")
    try:
        text = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        )
        answers = asyncio.run(ask_all(int(found[1]), head.encode() + text, connections, seconds))
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(30)
    ms = np.array([1000 * taken for status, taken in answers if status == "200"])
    return {
        "path": path, "connections": connections, "seconds": seconds, "code": code,
        "statuses": dict(Counter(status for status, _ in answers)), "a_second": len(ms) / seconds,
        "p50": float(np.percentile(ms, 50)), "p99": float(np.percentile(ms, 99)), "max": float(ms.max()),
    }  # fmt: skip


async def ask_all(port: int, request: bytes, connections: int, seconds: float) -> list[tuple[str, float]]:
    """(status, seconds) of every request; a connection that breaks is a status, too."""
    answers: list[tuple[str, float]] = []
    begin = time.perf_counter()

    async def ask() -> None:
        start = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.perf_counter() - begin < seconds:
                start = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])  # type: ignore[index]
                await reader.readexactly(length)
                answers.append((head.split(b" ", 2)[1].decode(), time.perf_counter() - start))
            writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:
            answers.append((type(error).__name__, time.perf_counter() - start))

    await asyncio.gather(*(ask() for _ in range(connections)))
    return answers


def print_load(name: str, record: Record) -> None:
    statuses = ", ".join(f"{count:,} {status}" for status, count in sorted(record["statuses"].items()))
    print(
        f"\n{name}: {record['path']}, {record['connections']} at once for {record['seconds']:g} s: {statuses}; "
        f"{record['a_second']:.0f} a second; p50 {record['p50']:.0f} ms, p99 {record['p99']:.0f} ms, "
        f"longest {record['max']:.0f} ms; ended with code {record['code']}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
