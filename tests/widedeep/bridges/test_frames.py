import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.widedeep.bridges.builders import LIBRARIES, frame, values
from widedeep.bridges.frames import array_columns, column, columns_of, days, is_dates

ROOT = Path(__file__).parents[3]
NOON = dt.datetime(2026, 1, 2, 12)
EAST = dt.timezone(dt.timedelta(hours=2))


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_gives_the_same_columns(library):
    lists, _ = values(40)
    found = dict(zip(lists, columns_of(frame(library, lists))))
    for name in ("age", "pay"):
        want = [np.nan if value is None else value for value in lists[name]]
        np.testing.assert_array_equal(found[name], want)
    for name in ("job", "city", "member"):
        assert found[name].tolist() == lists[name]
    assert found["likes"].tolist() == [None if value is None else tuple(value) for value in lists["likes"]]
    first = dt.date(1970, 1, 1)
    want = [np.nan if value is None else (value - first).days for value in lists["since"]]
    assert is_dates(found["since"])
    np.testing.assert_array_equal(days(found["since"]), want)


@pytest.mark.parametrize("X", [
    pd.DataFrame({"c": pd.Categorical([3, None, 3])}),
    pl.DataFrame({"c": ["3", None, "3"]}, schema={"c": pl.Enum(["3"])}),
])  # fmt: skip
def test_categories_stay_categories_also_of_numbers(X):
    found = columns_of(X)[0]
    assert found.dtype == object and found[1] is None and str(found[0]) == "3"


@pytest.mark.parametrize("values, want", [
    ([1, None, 2.5], [1, np.nan, 2.5]),
    ([Decimal("0.5"), np.float32(2), pd.NA], [0.5, 2, np.nan]),
    ([dt.timedelta(minutes=1), pd.NaT, np.timedelta64(3, "s")], [60, np.nan, 3]),
])  # fmt: skip
def test_numbers_of_several_kinds(values, want):
    np.testing.assert_array_equal(column(values), want)


@pytest.mark.parametrize("values, want", [
    ([True, None, False], [True, None, False]),
    ([True, 2, "a"], [True, 2, "a"]),
    ([None, float("nan")], [None, None]),
    ([dt.time(3, 4), None], [dt.time(3, 4), None]),
    ([UUID(int=5), {"a": 1}, None], ["00000000-0000-0000-0000-000000000005", "{'a': 1}", None]),
    ([["tea", None, UUID(int=5)], (), None], [("tea", "00000000-0000-0000-0000-000000000005"), (), None]),
])  # fmt: skip
def test_all_else_is_objects(values, want):
    found = column(values)
    assert found.dtype == object and found.tolist() == want


@pytest.mark.parametrize("when, want", [
    (dt.date(1970, 1, 2), 1), (NOON, 20455.5), (NOON.replace(tzinfo=EAST), 20455.5 - 2 / 24),
    (pd.Timestamp(NOON), 20455.5), (np.datetime64("1969-12-31"), -1), (None, np.nan), ("1970-01-03", 2),
    ("soon", np.nan),
])  # fmt: skip
def test_days(when, want):
    np.testing.assert_allclose(days(np.array([when], object)), [want])


def test_moments_of_other_libraries():
    moments = [NOON, None]
    for X in (pl.DataFrame({"t": moments}), pa.table({"t": moments}), pd.DataFrame({"t": pd.to_datetime(moments)}),
              pd.DataFrame({"t": pd.to_datetime(moments).tz_localize("UTC")})):  # fmt: skip
        np.testing.assert_allclose(days(columns_of(X)[0]), [20455.5, np.nan])
    lengths = pl.DataFrame({"d": [dt.timedelta(hours=1), None]})
    np.testing.assert_allclose(columns_of(lengths)[0], [3600, np.nan])


def test_what_is_no_frame():
    assert columns_of([[1, 2]]) is None and columns_of(np.eye(2)) is None
    with pytest.raises(TypeError, match=r"a lazy polars frame has no rows yet; collect it first: X\.collect\(\)"):
        columns_of(pl.LazyFrame({"a": [1]}))


def test_arrays():
    found = array_columns(np.array([[1, "a", True], [None, "b", False]], object))
    assert found[1].tolist() == ["a", "b"] and found[2].tolist() == [True, False]
    np.testing.assert_array_equal(found[0], [1, np.nan])
    assert array_columns(np.array([[True], [False]]))[0].tolist() == [True, False]


@pytest.mark.parametrize("library", ["sklearn", "narwhals"])
def test_without_its_library_a_bridge_says_what_to_install(library):
    program = f"import sys; sys.modules[{library!r}] = None; import widedeep.bridges.sklearn"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip().endswith("pip install 'widedeep[sklearn]'"), done.stderr


@pytest.mark.parametrize("module", ["dask", "dask_parts"])
def test_without_dask_its_bridges_say_what_to_install(module):
    program = f"import sys; sys.modules['dask'] = None; import widedeep.bridges.{module}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    told = done.stderr.strip().splitlines()[-1]
    assert f"widedeep.bridges.{module}: dask" in told and "want pip install 'widedeep[distributed]', or " in told, told
