"""One side of one workload, alone in its process: python -m benchmarks.worker SIDE WORKLOAD --threads T --data FILE

It reads the problem, builds the model, warms up, says so on a line of JSON, and then for each line on its standard
input runs one repeat and answers with another line.  So the parent can interleave A B C A B C over live processes.
`python -m benchmarks.worker prepare WORKLOAD --data FILE` makes the file.
"""

import argparse
import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

MODULES = {
    "ours": "ours",
    "floor": "floor",
    "engine": "engine_side",
    "sklearn": "sklearn_side",
    "pandas-sklearn": "sklearn_side",
    **dict.fromkeys(["torch-eager", "torch-fused", "torch-compiled", "torch-sparse", "torch-jit"], "torch_side"),
    **dict.fromkeys(["jax-step", "jax-scan"], "jax_side"),
    **dict.fromkeys(["keras", "pytorch-widedeep", "deepctr-torch"], "libraries"),
}
EVERYBODY = ("import", "cold")  # kinds that ours.py measures for all sides, each in further processes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker")
    parser.add_argument("side")
    parser.add_argument("workload")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    lines = claim_stdout()
    if args.side == "prepare":
        from benchmarks.workloads import prepare

        prepare(args.workload).save(args.data)
        return 0
    from benchmarks.workloads import Problem

    problem = Problem.load(args.data)
    try:
        module = "ours" if problem["kind"] in EVERYBODY else MODULES[args.side]
        side = importlib.import_module(f"benchmarks.{module}").SIDES[problem["kind"]](problem, args.side, args.threads)
        seconds = [run(side, seed)["seconds"] for seed in range(side.warm_ups)]
    except ModuleNotFoundError as error:
        return say(lines, {"missing": f"{error.name} is not installed"})
    except Exception as error:
        say(lines, {"missing": f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[-1]}"})
        raise
    say(lines, {"ready": True, "compile": max(0.0, seconds[0] - seconds[-1]) if side.compiles else 0.0})
    for seed, _ in enumerate(sys.stdin, start=side.warm_ups):
        say(lines, run(side, seed))
    side.close()
    return 0


def run(side: Any, seed: int) -> dict[str, Any]:
    """One repeat: an epoch, or whatever the workload's unit is.  A side that times itself replaces these figures."""
    start, cpu = time.perf_counter(), time.process_time()
    found = side.epoch(seed)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if isinstance(found, dict):
        return {"memory": memory} | found
    return {"seconds": seconds, "cpu": cpu, "memory": memory, "loss": found}


def claim_stdout() -> Any:
    """The pipe to the parent; what libraries print to standard output goes to standard error instead."""
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return lines


def say(lines: Any, message: dict[str, Any]) -> int:
    lines.write(json.dumps(message) + "\n")
    lines.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
