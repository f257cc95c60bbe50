"""From a file to ids: our reader and encoder beside pandas with scikit-learn's encoders, on the same columns.

    python -m benchmarks tables [--repeats 5] [--rows 1000000]

Adult's 48,842 rows from CSV, and generated rows from Parquet (categories as dictionaries); each side, in turn, in one
process, on one thread.  Ours: read_table, Encoder.fit and encode of the categories; theirs: read_csv or read_parquet,
OrdinalEncoder.fit_transform.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks tables", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args(argv)
    import pandas as pd
    from sklearn.preprocessing import OrdinalEncoder

    from widedeep import Category, Encoder, WithMissing
    from widedeep.bridges.tables import read_table
    from widedeep.datasets import adult

    def ours(path: Path, names: list[str]) -> None:
        columns = [WithMissing(Category(name)) for name in names]
        table = read_table(path)
        Encoder(deep=columns).fit(table).encode(table)

    def theirs(path: Path, names: list[str]) -> None:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        OrdinalEncoder(dtype=np.int32).fit_transform(frame[names])

    with tempfile.TemporaryDirectory() as folder:
        data = pd.DataFrame(adult.load().table)
        data.to_csv(small := Path(folder) / "adult.csv", index=False)
        words = [name for name in data if data[name].dtype.kind not in "iuf"]
        rng, n = np.random.default_rng(0), args.rows
        drawn = {}
        for k, size in enumerate((10, 100, 1000, 10_000)):  # a few values often, many rarely
            codes = (size * rng.random(n) ** 2).astype(int)
            drawn[f"c{k}"] = pd.Categorical.from_codes(codes, [f"v{i}" for i in range(size)])
        pd.DataFrame(drawn | {"x": rng.normal(size=n)}).to_parquet(large := Path(folder) / "rows.parquet")
        print(f"{'':<28}{'ours':>8}{'pandas':>8}{'ratio':>7}   median seconds of {args.repeats}, and pandas / ours")
        for what, path, names in ((f"Adult, {len(data):,} rows, CSV", small, words),
                                  (f"{n:,} rows, Parquet", large, list(drawn))):  # fmt: skip
            seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
            for _ in range(args.repeats + 1):  # the first of each warms up
                for name, side in (("ours", ours), ("theirs", theirs)):
                    start = time.perf_counter()
                    side(path, names)
                    seconds[name].append(time.perf_counter() - start)
            a, b = (float(np.median(seconds[name][1:])) for name in ("ours", "theirs"))
            print(f"{what:<28}{a:>8.3f}{b:>8.3f}{b / a:>7.2f}", flush=True)
    return 0
