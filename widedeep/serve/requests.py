"""Requests: bytes become a table, or an answer that says what is wrong with them, where, and what was wanted.

    {"rows": [{"age": 38, "education": "Masters", ...}, ...]}               /predict, /explain
    {"user": 7, "k": 10, "mix": 0.5}   or   {"likes": ["Chess"], ...}       /recommend

Read before: fields.py        Read next: heads.py
"""
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from widedeep.auto.reading import day
from widedeep.cells import shown
from widedeep.serve.fields import FAR, Field

Table = dict[str, list[Any]]
OF_COLUMN = re.compile(r"column '([^']*)'(?:, row (\d+))?")
ITEMS = 100                                             # recommended at once, at most


class Refused(Exception):
    """A request that gets no answer.   status : of HTTP        field : where in the request, as rows[3].age"""

    def __init__(self, status: int, message: str, field: str | None = None):
        super().__init__(whole(message))
        self.status, self.field = status, field if field is None else whole(field)

    def as_json(self) -> dict[str, Any]:
        return {"error": {"status": self.status, "field": self.field, "message": str(self)}}


class Wanted(NamedTuple):
    """What /recommend was asked: a user, or likes and what is known about the person."""

    user: Any
    likes: list[Any]
    about: dict[str, Any]
    k: int
    mix: float


def whole(text: str) -> str:
    """Text that UTF-8 can hold: JSON may bring half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def read_json(body: bytes) -> dict[str, Any]:
    """The object in the body."""
    try:
        data = json.loads(body)
    except RecursionError:
        raise Refused(400, "the body is nested too deeply; want {\"rows\": [{column: value}]}") from None
    except ValueError as error:                                     # not JSON, not UTF-8, a number of 5,000 digits
        raise Refused(400, f"the body is not JSON ({shown(str(error))}); want an object in UTF-8") from None
    if not isinstance(data, dict):
        raise Refused(422, f"the body is {shown(data)}; want an object")
    return data


def refuse_others(data: dict[str, Any], known: Sequence[str], where: str = "") -> None:
    for name in data:
        if name not in known:
            listed = ", ".join(known)
            raise Refused(422, f"unknown {shown(name)}; want {listed[:200]}{'...' if len(listed) > 200 else ''}",
                          f"{where}{name[:60]}")


def read_rows(data: dict[str, Any], fields: Sequence[Field], most: int) -> Table:
    """{column: values of all rows}.  Every value has the kind of its field; what it means is for the encoder to say."""
    refuse_others(data, ["rows"])
    rows = data.get("rows")
    if not isinstance(rows, list):
        raise Refused(422, "rows is missing; want a list of {column: value}" if rows is None else
                      f"rows is {shown(rows)}; want a list of {{column: value}}", "rows")
    if not 1 <= len(rows) <= most:
        raise Refused(422, f"{len(rows)} rows; want 1 to {most:,}", "rows")
    names = [field.name for field in fields]
    for n, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Refused(422, f"a row that is {shown(row)}; want {{column: value}}", f"rows[{n}]")
        refuse_others(row, names, f"rows[{n}].")
    return {field.name: [read_value(field, row, f"rows[{n}].{field.name}") for n, row in enumerate(rows)]
            for field in fields}


def read_value(field: Field, row: dict[str, Any], where: str) -> Any:
    value = row.get(field.name)
    if value is None:
        if field.optional:
            return None
        came = "null" if field.name in row else "missing"
        raise Refused(422, f"{came}; want {WANTED[field.kind]}", where)
    if field.kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise Refused(422, f"{shown(value)} is no number; want {WANTED['number']}", where)
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise Refused(422, f"{value}; want {WANTED[field.kind]}", where)
    if field.kind == "number" and abs(value) > FAR:
        raise Refused(422, f"{shown(value)} is too large; want {WANTED['number']}", where)
    if field.kind == "category" and not isinstance(value, (str, int, float)):
        raise Refused(422, f"{shown(value)} is no single value; want {WANTED['category']}", where)
    if field.kind == "date" and not (isinstance(value, str) and np.isfinite(day(value))):
        raise Refused(422, f"{shown(value)} is no date; want {WANTED['date']}", where)
    if field.kind != "bag":
        return value
    if not isinstance(value, list) or not all(isinstance(part, (str, int)) for part in value):
        raise Refused(422, f"{shown(value)} is no list of values; want {WANTED['bag']}", where)
    return value if field.sep is None else field.sep.join(map(str, value))


WANTED = {"number": "a finite number", "category": "text, a finite number, true or false",
          "bag": "a list, as [\"a\", \"b\"]", "date": "text, as \"1997-09-20\" or \"1997-09-20T16:30\""}


def read_wanted(data: dict[str, Any]) -> Wanted:
    """What /recommend asks for."""
    refuse_others(data, ["user", "likes", "about", "k", "mix"])
    user, likes, about = data.get("user"), data.get("likes"), data.get("about", {})
    if (user is None) == (likes is None):
        raise Refused(422, "want one of the two: user, or likes (a list of titles)", "user")
    if user is not None and (isinstance(user, bool) or not isinstance(user, (str, int))):
        raise Refused(422, f"{shown(user)}; want a user's key: text or a whole number", "user")
    if not isinstance(about, dict):
        raise Refused(422, f"{shown(about)}; want {{column: value}}", "about")
    if likes is not None and not (isinstance(likes, list) and (not about) <= len(likes) <= 100
                                  and all(isinstance(like, (str, int)) for like in likes)):
        raise Refused(422, f"{shown(likes)}; want a list of 1 to 100 titles, or of none with `about`", "likes")
    k, mix = data.get("k", 10), data.get("mix", 0.5)
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= ITEMS:
        raise Refused(422, f"{shown(k)}; want a whole number, 1 to {ITEMS}", "k")
    if isinstance(mix, bool) or not isinstance(mix, (int, float)) or not 0 <= mix <= 1:
        raise Refused(422, f"{shown(mix)}; want 0 (only memory) to 1 (only generalization)", "mix")
    return Wanted(user, likes or [], about, k, float(mix))


def refused_by_encoder(error: ValueError) -> Refused:
    """What the encoder says of a value, with its place in the request."""
    said = str(error)
    found = OF_COLUMN.search(said)
    row = "" if found is None or found[2] is None else f"[{found[2]}]"
    return Refused(422, said[:300], f"rows{row}.{found[1]}" if found else "rows")
