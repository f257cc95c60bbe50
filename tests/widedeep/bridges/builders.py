"""One table in several libraries, with a column of each kind and gaps in most of them."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

LIBRARIES = ["pandas", "pandas-old", "polars", "arrow"]


def values(n=300, seed=0, gaps=True):
    """Columns as Python's lists, and what they say about a label."""
    rng = np.random.default_rng(seed)
    job = rng.choice(["cook", "nurse", "pilot"], n)
    age = rng.integers(18, 70, n)
    member = rng.random(n) < 0.5
    pay = rng.gamma(2, 10, n)
    z = 2.5 * (job == "nurse") - 2.5 * (job == "pilot") + (age - 44) / 10 + 1.5 * member
    lists = {
        "job": job.tolist(),
        "city": rng.choice(["Oslo", "Rome"], n).tolist(),
        "age": age.tolist(),
        "pay": pay.tolist(),
        "member": member.tolist(),
        "since": [dt.date(2020, 1, 1) + dt.timedelta(int(day)) for day in rng.integers(0, 2000, n)],
        "likes": [rng.choice(["tea", "jam", "rye"], k, False).tolist() for k in rng.integers(0, 3, n)],
    }
    if gaps:
        for name, column in lists.items():
            if name != "city":
                for row in np.flatnonzero(rng.random(n) < 0.1):
                    column[row] = None
    return lists, z


def frame(library, lists):
    if library == "pandas":
        return pd.DataFrame(
            {
                "job": pd.array(lists["job"], dtype="string"),
                "city": pd.Categorical(lists["city"]),
                "age": pd.array(lists["age"], dtype="Int64"),
                "pay": pd.array(lists["pay"], dtype="Float64"),
                "member": pd.array(lists["member"], dtype="boolean"),
                "since": pd.to_datetime(pd.Series(lists["since"])),
                "likes": pd.Series(lists["likes"], dtype=object),
            }
        )
    if library == "pandas-old":  # NaN among floats, objects for all that is no number
        table = {name: pd.Series(column, dtype=object) for name, column in lists.items()}
        return pd.DataFrame(table | {name: pd.Series(lists[name], dtype=float) for name in ("age", "pay")})
    if library == "polars":
        return pl.DataFrame(lists).with_columns(pl.col("city").cast(pl.Categorical))
    table = pa.table(lists)
    return table.set_column(1, "city", table["city"].dictionary_encode())


def three_classes(z):
    return np.array(["low", "middle", "high"])[np.digitize(z, [-1, 1.5])]
