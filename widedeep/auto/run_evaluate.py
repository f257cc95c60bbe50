"""widedeep evaluate: how good a model is on rows whose label is known.  Yes or no: auc, log_loss, accuracy; classes:
log_loss, accuracy; numbers: rmse, mae."""
import argparse
from pathlib import Path

from widedeep.auto.options import (
    add_json,
    add_report,
    check_outputs,
    note,
    parser_for,
    run_command,
    say_metrics,
    write_json,
)
from widedeep.auto.reading import read_rows
from widedeep.auto.report import write_report
from widedeep.auto.table_model import LEAST_ROWS, open_model


def parser() -> argparse.ArgumentParser:
    made = parser_for("evaluate", __doc__, "widedeep evaluate model.npz test.csv --label income")
    made.add_argument("model", metavar="MODEL", help="an archive of widedeep train")
    made.add_argument("data", metavar="DATA", help="a CSV with a header line")
    made.add_argument("--label", metavar="COLUMN", help="the column with the answers (default: the model's)")
    add_report(made, "these rows")
    add_json(made, "rows, head, metrics")
    return made


def main(argv: list[str] | None = None) -> int:
    return run_command(parser().parse_args(argv), run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "json", "report")
    model, table = open_model(args.model), read_rows(args.data, note)
    held = model.scored(table, args.label)
    rows, metrics = len(held.z), model.answers.figures(held.z, held.desired)
    doubts = model.encoder.doubts(table)
    for doubt in doubts:
        note(doubt)
    print(f"{rows:,} rows: {say_metrics(metrics)}")
    if args.report:
        if rows < LEAST_ROWS:
            raise ValueError(f"--report: {rows} rows with a label; want at least {LEAST_ROWS}, since a straight line "
                             "is fitted to most of them")
        settings = {"model": Path(args.model).name, "data": Path(args.data).name}
        page = write_report(args.report, model, table, held, of=Path(args.data).name, settings=settings, doubts=doubts)
        print(f"report: {page}")
    write_json(args, {"rows": rows, "head": model.answers.head, "metrics": metrics, "model": args.model})


if __name__ == "__main__":
    raise SystemExit(main())
