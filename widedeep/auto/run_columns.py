"""widedeep columns: the proposed columns of a table, as a file (TOML) to edit and to give to widedeep train --columns.

The file goes to standard output, or to --out; --code prints it as code, too (on stderr)."""
import argparse
import sys
from pathlib import Path

import numpy as np

from widedeep.auto.answers import choose_answers
from widedeep.auto.choose import choose
from widedeep.auto.options import add_json, check_outputs, note, parser_for, run_command, write_json
from widedeep.auto.plan import HEADS
from widedeep.auto.reading import read_rows
from widedeep.datasets.table import take
from widedeep.saving import write_beside
from widedeep.table import as_column


def parser() -> argparse.ArgumentParser:
    made = parser_for("columns", __doc__, "widedeep columns people.csv --label income > columns.toml")
    made.add_argument("data", metavar="DATA", help="a CSV of TRAINING rows with a header line")
    made.add_argument("--label", metavar="COLUMN", required=True, help="the column to predict")
    made.add_argument("--out", metavar="FILE", help="write the file here")
    made.add_argument("--head", choices=HEADS, help="what the label is, where it is not to be guessed")
    made.add_argument("--positive", metavar="VALUE", help="of a label of two values, the one that is 1")
    made.add_argument("--code", action="store_true", help="print it as code, too")
    add_json(made, "label, head, columns, crosses, notes")
    return made


def main(argv: list[str] | None = None) -> int:
    return run_command(parser().parse_args(argv), run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "out", "json")
    table = read_rows(args.data, note)
    if args.label not in table:
        raise ValueError(f"label {args.label!r}: the table lacks it; it has {', '.join(table)}"[:400])
    values = as_column(table.pop(args.label))
    answers, known, why = choose_answers(args.label, values, args.head, args.positive)
    rows = np.flatnonzero(known)
    plan = choose(take(table, rows), answers, answers.desired(values[rows]))
    print(f"{args.label}: {why}", *plan.notes, sep="\n", file=sys.stderr)
    if args.out:
        write_beside(Path(args.out), lambda beside: beside.write_text(plan.toml(), encoding="utf-8"))
    else:
        print(plan.toml(), end="")
    if args.code:
        print(plan.code(), file=sys.stderr)
    write_json(args, plan.as_json() | {"notes": list(plan.notes)})


if __name__ == "__main__":
    raise SystemExit(main())
