"""The plan: what the label and every column of a table is, as a file that people edit (TOML).

    label = "income"
    head = "binary"                                     # or "classes", "number"
    positive = ">50K"

    [columns]
    age = { kind = "number", buckets = 30 }             # 73 values
    job = { kind = "category", min_count = 2 }
    id = { kind = "out" }                               # a value of its own in every row

    [crosses]
    pairs = [ ["age", "job"] ]
    weak = []                                           # only for models that memorize much

The file is read by tomllib and its values are checked; no text is ever evaluated.

Read before: features/column_plans.py, answers.py        Read next: choose.py
"""
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from widedeep.columns import Column
from widedeep.crosses import Cross
from widedeep.features.column_plans import KINDS, OPTIONS, ColumnPlan, code, parts
from widedeep.numbers import Number

HEADS = "binary", "classes", "number"


@dataclass(frozen=True)
class Plan:
    """label : the column to predict        head : one of HEADS        positive : the text of the label that is 1
    columns : {name: ColumnPlan} in the table's order
    crosses, weak : pairs of names, the best first; the weak ones only for models that memorize much
    """

    label: str
    head: str
    columns: Mapping[str, ColumnPlan]
    crosses: tuple[tuple[str, str], ...] = ()
    weak: tuple[tuple[str, str], ...] = ()
    positive: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    def kinds(self) -> dict[str, str]:
        return {name: column.kind for name, column in self.columns.items()}

    def parts(self) -> tuple[list[Column], list[Cross], list[Number]]:
        """As column_plans.parts, with strong crosses before weak ones."""
        return parts(self.columns, (*self.crosses, *self.weak))

    def code(self) -> str:
        """The encoder as an expression, for people."""
        return code(self.columns, (*self.crosses, *self.weak))

    def toml(self) -> str:
        """The columns file."""
        lines = ["# The columns of a table, for: widedeep train DATA --columns FILE",
                 "# kinds: number, category, bag, date, out (left out); change them, then train again.", ""]
        lines += [f"# {comment(note)}" for note in self.notes]
        lines += ["", f"label = {quoted(self.label)}", f"head = {quoted(self.head)}          # binary, classes, number"]
        lines += [f"positive = {quoted(self.positive)}"] if self.positive is not None else []
        lines += ["", "[columns]"]
        for name, column in self.columns.items():
            options = "".join(f", {option} = {quoted(value)}" for option, value in column.options().items())
            note = f"        # {comment(column.note)}" if column.note else ""
            lines.append(f"{quoted(name)} = {{ kind = {quoted(column.kind)}{options} }}{note}")
        lines += ["", "# pairs whose AND the wide tower memorizes", "[crosses]", "pairs = ["]
        lines += [f"    [{quoted(a)}, {quoted(b)}]," for a, b in self.crosses]
        lines += ["]", "# weaker ones, only for models that memorize much", "weak = ["]
        lines += [f"    [{quoted(a)}, {quoted(b)}]," for a, b in self.weak]
        return "\n".join([*lines, "]", ""])

    def as_json(self) -> dict[str, Any]:
        """What plan_of reads again."""
        columns = {name: {"kind": column.kind} | column.options() for name, column in self.columns.items()}
        return {"label": self.label, "head": self.head, "positive": self.positive, "columns": columns,
                "crosses": {"pairs": [list(pair) for pair in self.crosses], "weak": [list(pair) for pair in self.weak]}}


def quoted(value: Any) -> str:
    """A value as TOML spells it: JSON's strings and whole numbers are TOML's, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(note: str) -> str:
    """A note on one line: TOML refuses control characters, also in comments."""
    return "".join(letter if letter.isprintable() else " " for letter in note)


def read_plan(path: Any) -> Plan:
    """The plan in a columns file.  Raises ValueError, naming file and place, for what is none."""
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path}: no such columns file; print one with: widedeep columns DATA --label COLUMN"
                         ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not TOML ({error}); widedeep columns DATA --label COLUMN prints a file to start from"
                         ) from None
    return plan_of(found, str(path))


def plan_of(found: Mapping[str, Any], source: str) -> Plan:
    """The plan in what TOML or JSON holds."""
    def want(fine: bool, what: str) -> None:
        if not fine:
            raise ValueError(f"{source}: {what}")
    strangers = found.keys() - {"label", "head", "positive", "columns", "crosses"}
    want(not strangers, f"{sorted(strangers)}; want label, head, positive, [columns] and [crosses]")
    label, head, positive = found.get("label"), found.get("head"), found.get("positive")
    want(isinstance(label, str), "label is missing; want the name of the column to predict: label = \"income\"")
    want(head in HEADS, f"head = {head!r}; want one of {', '.join(HEADS)}")
    want(positive is None or isinstance(positive, str), f"positive = {positive!r}; want text: positive = \"yes\"")
    want(isinstance(found.get("columns"), dict) and bool(found["columns"]), "no [columns]; want a line for each column")
    columns = {}
    for name, given in found["columns"].items():
        given = given if isinstance(given, dict) else {"kind": given}
        kind = str(given.get("kind"))
        want(kind in KINDS, f"column {name!r}: kind {kind!r}; want one of {', '.join(KINDS)}")
        options = {option: value for option, value in given.items() if option != "kind"}
        for option, value in options.items():
            of = OPTIONS[kind]
            want(option in of, f"column {name!r}: {option!r}; a {kind} may have {', '.join(of) or 'no options'}")
            want(type(value) is of[option], f"column {name!r}: {option} = {value!r}; want a {of[option].__name__}")
            least = 1 if option == "min_count" else 0
            want(not isinstance(value, int) or (value >= least and not (option == "buckets" and value == 1)),
                 f"column {name!r}: {option} = {value}; want at least {least}, and of buckets 0 or at least 2")
        want(options.get("sep") != "", f"column {name!r}: sep is empty; want a separator such as \"|\"")
        columns[name] = ColumnPlan(kind, **options)
    crosses = found.get("crosses", {})
    want(isinstance(crosses, dict) and not crosses.keys() - {"pairs", "weak"},
         "[crosses] wants pairs = [...] and weak = [...]")
    pairs = {group: pairs_of(crosses.get(group, []), columns, want) for group in ("pairs", "weak")}
    return Plan(str(label), str(head), columns, pairs["pairs"], pairs["weak"], positive)


def pairs_of(given: Any, columns: Mapping[str, ColumnPlan], want: Callable[[bool, str], None]
             ) -> tuple[tuple[str, str], ...]:
    """Pairs of names whose columns have ids."""
    for pair in given if isinstance(given, list) else [given]:
        want(isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)
             and pair[0] != pair[1], f"cross {pair!r}; want two names: [\"age\", \"job\"]")
        for name in pair:
            want(name in columns and columns[name].column(name) is not None,
                 f"cross {list(pair)}: {name!r} has no ids; want a category, a bag, or a number with buckets, from "
                 "[columns]")
    return tuple((a, b) for a, b in given)
