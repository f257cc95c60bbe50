"""More rows than memory: `widedeep train --stream` on generated rows; its seconds, and the most memory that it held.

python -m benchmarks stream [--rows 5000000] [--epochs 1]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BLOCK = 100_000


def write_rows(path: Path, rows: int) -> None:
    """A CSV of six columns; the label depends on a cross of two of them, and on a number."""
    rng = np.random.default_rng(0)
    city, shop = rng.normal(0, 1, 300), rng.normal(0, 0.7, (300, 40))
    with open(path, "w") as file:
        file.write("id,city,shop,age,spent,bought\n")
        for start in range(0, rows, BLOCK):
            n = min(BLOCK, rows - start)
            c, s = (300 * rng.random(n) ** 2).astype(int), rng.integers(0, 40, n)
            age, spent = rng.normal(45, 15, n), rng.exponential(30, n)
            z = city[c] + shop[c, s] + np.sin(age / 8) - 0.5
            bought = rng.random(n) < 1 / (1 + np.exp(-z))
            for k in range(n):
                file.write(f"{start + k},c{c[k]},s{s[k]},{age[k]:.1f},{spent[k]:.2f},{int(bought[k])}\n")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks stream", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000, 5_000_000])
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--budget", type=float, default=20.0)
    args = parser.parse_args(argv)
    print(f"{'rows':>10} {'file':>8} {'seconds':>8} {'memory':>8}   held out")
    for rows in args.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            write_rows(path, rows)
            size, start = path.stat().st_size, time.perf_counter()
            command = [sys.executable, "-m", "widedeep", "train", str(path), "--label", "bought", "--stream", "--out",
                       f"{folder}/m.npz", "--budget", str(args.budget), "--epochs", str(args.epochs), "--json",
                       f"{folder}/m.json"]  # fmt: skip
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest child so far
            metrics = json.loads(Path(folder, "m.json").read_text())["metrics"]
            print(f"{rows:>10,} {size / 1e6:>5.0f} MB {seconds:>8.1f} {peak:>5.0f} MB   auc {metrics['auc']:.4f} "
                  f"log loss {metrics['log_loss']:.4f}", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
