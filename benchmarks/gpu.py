"""python -m benchmarks gpu: a training step of wide & deep at growing width and batch, on CPU and on GPU.

    NumPy                 widedeep.fit, the better of one BLAS thread and all
    engine on CPU, GPU    widedeep.bridges.jax.fit, its rows handed over once
    PyTorch on GPU        eager, with its fused Adam

Rows of 20 ids each, wide and deep, of 10,000; embeddings of 16 numbers; two layers of `width` and `width / 2` units;
Adam on everything, float32, so that all sides do the same work.  A figure is milliseconds a step: a whole epoch, with
what it costs to hand it over, divided by its steps (100 on a GPU; on a CPU fewer where they take long).  Each side is a
process of its own.  A side whose library or GPU is missing, or that would take too long, is "not measured", with the
reason.  Before that, ten steps of all sides from the same start must end an epoch with the same loss.

Under five minutes; --quick takes the three smallest sizes.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

Record = dict[str, Any]
GRID = [(64, 1024), (256, 256), (256, 1024), (256, 4096), (1024, 1024), (256, 16384), (1024, 16384), (4096, 1024)]
GRID += [(4096, 16384)]  # (width, batch)
IDS, ACTIVE, D = 10_000, 20, 16
REPEATS, GPU_STEPS, CPU_FLOPS = 3, 100, 2e11  # CPU_FLOPS: of an epoch, by which its steps are chosen
SIDES = {  # name: (seconds, what the child's environment gets)
    "NumPy, 1 thread": (20, {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}),
    "NumPy, all threads": (40, {}),
    "engine on CPU": (45, {"JAX_PLATFORMS": "cpu"}),
    "engine on GPU": (150, {}),
    "PyTorch on GPU": (25, {}),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the three smallest sizes: a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    parser.add_argument("--child", nargs=2, metavar=("SIDE", "SECONDS"), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    grid = GRID[:3] if args.quick else GRID
    if args.child:
        return child(args.child[0], float(args.child[1]), grid)
    if args.json and not args.json.resolve().parent.is_dir():
        parser.error(f"{args.json}: there is no folder {args.json.resolve().parent}")
    start = time.perf_counter()
    record: Record = {"machine": f"{os.cpu_count()} cores, {platform.machine()}, {cpu_name()}", "sides": {}}
    print(f"{record['machine']}; load {os.getloadavg()[0]:.2f}")
    for side, (seconds, env) in SIDES.items():
        print(f"{side} ...", end=" ", flush=True)
        record["sides"][side] = found = run(side, seconds / (3 if args.quick else 1), env, args.quick)
        print(found.get("missing") and f"not measured: {found['missing']}" or found["about"], flush=True)
        if args.json:
            args.json.write_text(json.dumps(record, indent=1) + "\n")  # after each: a run may be stopped
    print_losses(record)
    print_table(record, grid)
    print(f"{time.perf_counter() - start:.0f} s in all")
    return 0


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def run(side: str, seconds: float, env: dict[str, str], quick: bool) -> Record:
    """All that one side's process says in so many seconds, and a little more for starting."""
    command = [sys.executable, "-m", "benchmarks.gpu", "--child", side, str(seconds), *(["--quick"] if quick else [])]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | env, bufsize=1
    )
    timer = threading.Timer(seconds + 15, process.kill)
    timer.start()
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()))
    reader.start()
    found: Record = {"about": "", "cells": {}, "skipped": {}}
    for line in process.stdout or ():
        if line.startswith("{"):
            said = json.loads(line)
            if "cell" in said:
                found["cells"][said.pop("cell")] = said
            elif "skip" in said:
                found["skipped"][said["skip"]] = said["why"]
            else:
                found |= said
    code = process.wait()
    timer.cancel()
    reader.join()
    if code and "missing" not in found:
        why = (errors or ["no error message"])[-1].strip()
        why = f"stopped after {seconds + 15:.0f} s" if code == -9 else f"it died: {why}"
        found |= {"died": why} if found["cells"] else {"missing": why}
    return found


def child(side: str, seconds: float, grid: list[tuple[int, int]]) -> int:
    """One side, in its own process: a line of JSON for each size."""
    deadline = time.perf_counter() + seconds
    try:
        make, about = SIDE_OF[side.split(",")[0]]()
    except ModuleNotFoundError as error:
        return say(missing=f"{error.name} is not installed")
    except ImportError as error:
        return say(missing=str(error))
    except RuntimeError as error:
        return say(missing=(str(error).strip().splitlines() or ["no error message"])[0])
    say(about=about)
    say(loss=make(problem(64, 256, 10)).epoch(0))
    pace = 0.0  # seconds of one flop, as last measured
    for width, batch in sorted(grid, key=lambda cell: flops(*cell)):
        steps = GPU_STEPS if side.endswith("GPU") else int(min(GPU_STEPS, max(5, CPU_FLOPS / flops(width, batch))))
        wanted = pace * flops(width, batch) * steps * 2  # a first epoch, and one more at least
        name = f"{width} x {batch}"
        if time.perf_counter() + wanted > deadline:
            say(skip=name, why=f"an epoch would take {wanted / 2:.0f} s")
            continue
        try:
            found = measure(make, width, batch, steps, deadline)
        except (RuntimeError, MemoryError) as error:  # as out of memory
            say(skip=name, why=(str(error).strip().splitlines() or [type(error).__name__])[0][:120])
            continue
        pace = found["ms"] / 1e3 / flops(width, batch)
        say(cell=name, **found)
    return 0


def say(**message: Any) -> int:
    print(json.dumps(message), flush=True)
    return 0


def flops(width: int, batch: int) -> float:
    """Of the products of one step, forward and backward."""
    return 6.0 * batch * (ACTIVE * D * width + width * width // 2)


def measure(make: Any, width: int, batch: int, steps: int, deadline: float) -> Record:
    """Milliseconds a step, by the median epoch; how much longer the first epoch took, which compiles."""
    side = make(problem(width, batch, steps))
    seconds = []
    while len(seconds) < 2 or (len(seconds) < 1 + REPEATS and time.perf_counter() + seconds[-1] < deadline):
        start = time.perf_counter()
        side.epoch(len(seconds))
        seconds.append(time.perf_counter() - start)
    first, *rest = seconds
    ms = statistics.median(rest) / steps * 1e3
    return {"ms": ms, "min": min(rest) / steps * 1e3, "first": first - statistics.median(rest), "steps": steps,
            "repeats": len(rest)}  # fmt: skip


def problem(width: int, batch: int, steps: int) -> Any:
    from benchmarks.workloads import prepare_generated

    spec = {"name": "gpu", "kind": "widedeep", "rule": "adam", "batch": batch, "rows": batch * steps, "ids": IDS}
    return prepare_generated(spec | {"active": ACTIVE, "d": D, "hidden": [width, width // 2]})


def numpy_side() -> tuple[Any, str]:
    import numpy as np

    from benchmarks.ours import WideDeepSide

    return WideDeepSide, f"NumPy {np.__version__}"


def engine_on_cpu() -> tuple[Any, str]:
    import jax

    from benchmarks.engine_side import EngineSide

    return EngineSide, f"JAX {jax.__version__} on {jax.devices()[0].device_kind}"


def engine_on_gpu() -> tuple[Any, str]:
    import jax

    if jax.devices()[0].platform not in ("gpu", "cuda", "rocm"):
        raise RuntimeError(f"JAX {jax.__version__} sees no GPU")
    return engine_on_cpu()


def torch_on_gpu() -> tuple[Any, str]:
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError(f"PyTorch {torch.__version__} sees no GPU")
    from benchmarks.torch_side import TorchSide

    class OnGpu(TorchSide):
        """Model, rows and order on the GPU; the loss is read once, at the end of the epoch."""

        def __init__(self, problem: Any):
            super().__init__(problem, "torch-fused", torch.get_num_threads())
            self.model.cuda()
            self.inputs, self.labels = [x.cuda() for x in self.inputs], self.labels.cuda()
            self.optimizers = self.make_optimizers(True)

        def epoch(self, seed: int) -> float:
            order = torch.from_numpy(self.problem.order(seed)).cuda()
            total = torch.zeros((), device=self.labels.device)
            for rows in order.split(self.batch_size):
                total += self.eager_step(rows) * len(rows)
            return total.item() / len(order)

    return OnGpu, f"PyTorch {torch.__version__} on {torch.cuda.get_device_name()}"


SIDE_OF = {
    "NumPy": numpy_side,
    "engine on CPU": engine_on_cpu,
    "engine on GPU": engine_on_gpu,
    "PyTorch on GPU": torch_on_gpu,
}


def print_losses(record: Record) -> None:
    losses = {side: found["loss"] for side, found in record["sides"].items() if "loss" in found}
    if len(losses) > 1:
        apart = record["apart"] = max(losses.values()) - min(losses.values())
        told = "the same work" if apart < 1e-5 else "NOT THE SAME WORK, so that the times below compare nothing"
        print(f"the mean loss of the same ten steps: {min(losses.values()):.7f}, at most {apart:.1e} apart: {told}")


def print_table(record: Record, grid: list[tuple[int, int]]) -> None:
    """A line a size; NumPy by its better number of threads."""
    sides = record["sides"]
    columns = ["NumPy", *(side for side in SIDES if not side.startswith("NumPy"))]
    print(f"\n{'ms a step':<16}" + "".join(f"{column:>18}" for column in columns) + "   engine's compile seconds")
    for width, batch in grid:
        name, cells = f"{width} x {batch}", []
        for column in columns:
            found = [s["cells"][name]["ms"] for side, s in sides.items()
                     if side.startswith(column) and name in s["cells"]]  # fmt: skip
            cells.append(f"{min(found):.2f}" if found else "not measured")
        compile_s = [f"{s['cells'][name]['first']:.1f}" for side, s in sides.items()
                     if side.startswith("engine") and name in s["cells"]]  # fmt: skip
        print(f"{name:<16}" + "".join(f"{cell:>18}" for cell in cells) + "   " + ", ".join(compile_s))
    for side, found in sides.items():
        whys = [found[key] for key in ("missing", "died") if key in found]
        whys += [f"{name}: {why}" for name, why in found.get("skipped", {}).items()]
        for why in whys:
            print(f"{side}, not measured: {why}")


if __name__ == "__main__":
    raise SystemExit(main())
