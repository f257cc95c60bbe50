"""widedeep predict: answers for new rows, as a CSV.  Yes or no: a column `probability`; classes: a column each, named
after them; numbers: a column `prediction`.  --id carries a column of the rows along."""
import argparse
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perceptron.activations import Array
from widedeep.auto.options import add_json, check_outputs, note, parser_for, run_command, write_json
from widedeep.auto.reading import read_rows
from widedeep.auto.table_model import open_model
from widedeep.saving import write_beside


def parser() -> argparse.ArgumentParser:
    made = parser_for("predict", __doc__, "widedeep predict model.npz new.csv --out answers.csv --id customer")
    made.add_argument("model", metavar="MODEL", help="an archive of widedeep train")
    made.add_argument("data", metavar="DATA", help="a CSV with a header line; a label is not needed")
    made.add_argument("--out", metavar="FILE", required=True, help="the CSV to write")
    made.add_argument("--id", metavar="COLUMN", help="a column of DATA to write before the answers")
    add_json(made, "rows, head, columns, out")
    return made


def main(argv: list[str] | None = None) -> int:
    return run_command(parser().parse_args(argv), run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "out", "json")
    model = open_model(args.model)
    table = read_rows(args.data, note, "stop" if args.id is None else "aside")      # answers are told by their place
    found: dict[str, Array] = {}
    if args.id is not None:
        if args.id not in table:
            raise ValueError(f"--id {args.id}: the table lacks it; it has {', '.join(table)}"[:400])
        found[args.id] = table[args.id]
    answers = model.answer(table)
    for doubt in model.encoder.doubts(table):
        note(doubt)
    if args.id in answers:
        raise ValueError(f"--id {args.id}: a column of answers has the same name; rename it in {args.data}")
    found |= answers
    write_beside(Path(args.out), lambda beside: write_csv(beside, found))
    rows = len(next(iter(answers.values())))
    of = "" if model.plan.positive is None else f" (of {model.answers.label} = {model.plan.positive})"
    print(f"{rows:,} rows: {', '.join(found)}{of}; in {args.out}")
    write_json(args, {"rows": rows, "head": model.answers.head, "positive": model.plan.positive,
                      "columns": list(found), "out": args.out})


def write_csv(path: Path, columns: Mapping[str, Any]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(values.tolist() for values in columns.values())))


if __name__ == "__main__":
    raise SystemExit(main())
