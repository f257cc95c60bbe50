"""python -m benchmarks speed: our code and its peers on the same work, side by side.

Each side is a process of its own for each number of threads, started, warmed up and then left waiting; repeats are
interleaved A B C A B C, so that a slow moment of the machine hits all of them.  Each side, ours too, is given by
its better number of threads, 1 or 2.  A ratio is a side's time divided by ours: above 1, ours is faster.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.names import WORKLOADS, Workload

LEAST = 7  # with fewer repeats, medians are only good for developing
HIDDEN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # would make NumPy's BLAS use another machine's kernels
Record = dict[str, Any]


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}"
    print(f"{load}; {args.repeats} repeats, interleaved; threads {args.threads}")
    if args.repeats < LEAST:
        print(f"fewer than {LEAST} repeats: good for developing, not for figures")
    records = []
    with tempfile.TemporaryDirectory(prefix="widedeep-bench-") as folder:
        for name in args.only or WORKLOADS:
            record = measure(name, args, Path(folder))
            if record is not None:
                records.append(record)
                print_table(record)
                if args.json:
                    args.json.write_text(json.dumps(records, indent=1) + "\n")  # after each: a long run may be stopped
    if args.plot:
        from benchmarks.plots import ratios

        print(f"plot: {ratios(records, args.plot)}")
    return 0 if records else 1


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    peers = list(dict.fromkeys(peer for workload in WORKLOADS.values() for peer in workload.peers))
    parser.add_argument("--only", nargs="+", metavar="WORKLOAD", choices=list(WORKLOADS), help=", ".join(WORKLOADS))
    parser.add_argument("--repeats", type=int, default=LEAST, help=f"default {LEAST}")
    parser.add_argument("--peers", nargs="*", metavar="NAME", choices=[*peers, []], help=", ".join(peers))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="the better counts (default 1 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios")
    args = parser.parse_args(argv)
    if args.repeats < 1 or min(args.threads) < 1:
        parser.error("--repeats and --threads: want at least 1")
    for path in (args.json, args.plot):
        if path and not path.resolve().parent.is_dir():
            parser.error(f"{path}: there is no folder {path.resolve().parent}")
    return args


class Worker:
    """A live process: one side of one workload, with this number of threads."""

    def __init__(self, side: str, workload: str, threads: int, data: Path):
        self.side, self.threads = side, threads
        self.found: list[Record] = []
        command = [sys.executable, "-m", "benchmarks.worker", side, workload, "--threads", str(threads)]
        self.log = data.with_name(f"{workload}-{side}-{threads}.log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*command, "--data", str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment(threads, data.parent / f"cache-{workload}-{side}-{threads}"),
            )  # fmt: skip
        self.first = self.read()

    @property
    def ready(self) -> bool:
        return bool(self.first.get("ready"))

    def read(self) -> Record:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            told = self.log.read_text().strip().splitlines()
            return {"missing": "it died: " + (told[-1] if told else "without a message")}
        return json.loads(line)

    def repeat(self) -> None:
        if self.process.stdin:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        found = self.read()
        if "seconds" not in found:
            raise RuntimeError(f"{self.side}, {self.threads} threads: {found.get('missing', found)}")
        self.found.append(found)

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()


def environment(threads: int, cache: Path) -> dict[str, str]:
    """The child's environment: this number of threads for all libraries, and an empty cache, to see compile times."""
    env = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    counts = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "PJRT_NPROC")
    env |= dict.fromkeys(counts, str(threads)) | {"TORCHINDUCTOR_CACHE_DIR": str(cache), "JAX_PLATFORMS": "cpu"}
    if threads == 1:
        env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return env | {"KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


def prepare(name: str, folder: Path) -> Path:
    """The problem's file; made by a child, to keep this process small, and the children's peak memory correct."""
    data = folder / f"{name}.npz"
    command = [sys.executable, "-m", "benchmarks.worker", "prepare", name, "--data", str(data)]
    found = subprocess.run(command, env=environment(1, folder / "none"), capture_output=True, text=True)
    if found.returncode:
        raise RuntimeError((found.stderr.strip().splitlines() or ["preparing failed"])[-1])
    return data


def measure(name: str, args: argparse.Namespace, folder: Path) -> Record | None:
    workload = WORKLOADS[name]
    try:
        data = prepare(name, folder)
    except RuntimeError as error:
        print(f"\n{name}: left out: {error}")
        return None
    peers = workload.peers if args.peers is None else [peer for peer in workload.peers if peer in args.peers]
    print(f"\n{name}: starting", end="", flush=True)
    workers, missing = [], {}
    try:
        for side in ["ours", *(["floor"] if workload.floor else []), *peers]:
            print(f" {side}", end="", flush=True)
            for threads in args.threads:
                worker = Worker(side, name, threads, data)
                if worker.ready:
                    workers.append(worker)
                else:
                    missing[side] = worker.first["missing"]
                    worker.stop()
                    break
        print("; measuring", flush=True)
        for side, why in missing.items():
            print(f"  {side} left out: {why}")
        for _ in range(args.repeats):
            for worker in workers:
                worker.repeat()
    finally:
        for worker in workers:
            worker.stop()
    return summary(name, workload, workers, missing)


def summary(name: str, workload: Workload, workers: list[Worker], missing: dict[str, str]) -> Record | None:
    """One record: of each side the better number of threads, by its median."""
    sides: dict[str, Record] = {}
    for worker in workers:
        seconds, last = [found["seconds"] for found in worker.found], worker.found[-1]
        found = {"median": statistics.median(seconds) * workload.scale, "min": min(seconds) * workload.scale}
        for extra in ("cpu", "p99"):
            if extra in last:
                found[extra] = statistics.median(one[extra] for one in worker.found) * workload.scale
        found |= {"compile": worker.first["compile"], "threads": worker.threads}
        found |= {key: last[key] for key in ("memory", "loss", "auc") if last.get(key) is not None}
        if worker.side not in sides or found["median"] < sides[worker.side]["median"]:
            sides[worker.side] = found
    if "ours" not in sides:
        print(f"{name}: our own side failed: {missing['ours']}")
        return None
    record: Record = {"workload": name, "unit": workload.unit, "ours": sides.pop("ours")}
    if "floor" in sides:
        record["floor"] = sides.pop("floor")
    return record | {"peers": sides, "left_out": missing}


COLUMNS = {"threads": "d", "median": ".2f", "min": ".2f", "cpu": ".2f", "p99": ".2f", "compile": ".1f", "memory": ".0f"}
COLUMNS |= {"loss": ".7f", "auc": ".4f"}


def print_table(record: Record) -> None:
    """A line a side; "x ours" is its median over ours."""
    ours = record["ours"]
    rows = {"ours": ours} | ({"floor": record["floor"]} if "floor" in record else {}) | record["peers"]
    columns = [name for name in COLUMNS if any(row.get(name) for row in rows.values())]
    print(f"{record['workload']}, {record['unit']}")
    print(f"{'':<18}{'x ours':>8}" + "".join(f"{name:>11}" for name in columns))
    for side, row in rows.items():
        told = [format(row[name], COLUMNS[name]) if row.get(name) else "-" for name in columns]
        print(f"{side:<18}{row['median'] / ours['median']:>8.2f}" + "".join(f"{cell:>11}" for cell in told))
    if "floor" in record:
        print(f"ours is {ours['median'] / record['floor']['median']:.2f} times the floor")
