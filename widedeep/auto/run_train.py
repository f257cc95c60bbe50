"""widedeep train: a model of a table, with nothing but a label.

It looks at the label, chooses what every column is and which pairs to cross, trains a handful of models on most of the
rows, judges them by the rows left out, and keeps a weighted mean of the best.  What it chose is printed, as a columns
file (--save-columns keeps it) and as code.

With --user and --item the table is one of interactions, a row says who had what, and the model a recommender: columns
that are a function of the person or the item are taken as sides, one item of some people is hidden to measure by.
  widedeep train views.csv --user customer --item product --out shop.npz
"""
import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from widedeep.auto.options import (
    add_json,
    add_report,
    check_outputs,
    parser_for,
    run_command,
    say_metrics,
    write_json,
)
from widedeep.auto.plan import HEADS, read_plan
from widedeep.auto.reading import read_rows
from widedeep.auto.report import write_report
from widedeep.auto.resume import Kept
from widedeep.auto.stream import train_stream
from widedeep.auto.table_model import TableModel, train_table
from widedeep.saving import save, write_beside

LARGE = 400 * 10 ** 6                                   # bytes of a file that is read in passes

def parser() -> argparse.ArgumentParser:
    made = parser_for("train", __doc__,
                      "widedeep train people.csv --label income --out model.npz --budget 60")
    made.add_argument("data", metavar="DATA", help="a CSV with a header line; TSV and Parquet with "
                      "widedeep[tables]")
    made.add_argument("--label", metavar="COLUMN", help="the column to predict (default: the columns file's)")
    made.add_argument("--columns", metavar="FILE", help="a columns file (widedeep columns prints one)")
    made.add_argument("--out", metavar="MODEL", default="model.npz", help="where the model goes (default model.npz)")
    made.add_argument("--budget", metavar="SECONDS", type=float, default=60.0, help="at most (default 60)")
    made.add_argument("--head", choices=HEADS, help="what the label is, where it is not to be guessed")
    made.add_argument("--positive", metavar="VALUE", help="of a label of two values, the one that is 1")
    made.add_argument("--seed", type=int, default=0, help="of folds, weights and order (default 0)")
    made.add_argument("--checkpoint", metavar="FILE", help="keep every trained model here, while it goes on")
    made.add_argument("--resume", action="store_true", help="go on from the checkpoint, if it is there")
    made.add_argument("--stream", action="store_true", help="read the file in passes, a part at a time: for tables "
                      f"larger than memory (of itself from {LARGE // 10 ** 6} MB on)")
    made.add_argument("--epochs", type=int, default=2, help="passes over the file with --stream (default 2)")
    for option, text in (("user", "of interactions: who"), ("item", "of interactions: what"),
                         ("rating", "of interactions: numbers; high ones are likes"),
                         ("time", "of interactions: when (default: the column called like a time)")):
        made.add_argument(f"--{option}", metavar="COLUMN", help=text)
    made.add_argument("--least", metavar="RATING", type=float,
                      help="from here on a rating is a like (default: the median)")
    made.add_argument("--save-columns", metavar="FILE", help="write the columns file that was used")
    add_report(made, "the model")
    add_json(made, "rows, head, metrics on rows held out, seconds, model, what was chosen")
    return made


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    of_interactions = [f"--{name}" for name in ("user", "item", "rating", "time", "least")
                       if getattr(args, name) is not None]
    if of_interactions and (args.user is None or args.item is None):
        parser().error(f"{of_interactions[0]} is for a table of interactions; want --user COLUMN and --item COLUMN")
    if of_interactions and (of_label := [f"--{name.replace('_', '-')}" for name in
                                         ("columns", "head", "save_columns", "report")
                                         if getattr(args, name) is not None]):
        parser().error(f"{of_label[0]} is not for a table of interactions (--user, --item)")
    if args.label is None and args.columns is None and not of_interactions:
        parser().error("want --label COLUMN, the column to predict, or --columns FILE, which names it; of a table of "
                       "interactions --user COLUMN and --item COLUMN")
    if not args.budget > 0 or args.seed < 0:
        parser().error(f"--budget {args.budget:g}, --seed {args.seed}: want more than 0 seconds, and a seed "
                       "of 0 or more")
    if args.epochs < 1:
        parser().error(f"--epochs {args.epochs}: want at least 1")
    if args.resume and not args.checkpoint:
        parser().error("--resume: from where? want --checkpoint FILE, too")
    if of_interactions:
        from widedeep.interactions.run_train import run as run_interactions
        return run_command(args, run_interactions)
    return run_command(args, run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "out", "json", "save_columns", "checkpoint", "report")
    stream = args.stream or (Path(args.data).is_file() and Path(args.data).stat().st_size >= LARGE)
    if stream and args.report:
        raise ValueError("--report: of a table that is read in passes no row is kept; train without it, then: "
                         "widedeep evaluate MODEL OTHER_ROWS --report FILE.html")
    kept = Kept(args.checkpoint, args.resume) if args.checkpoint and not stream else None
    plan = None if args.columns is None else read_plan(args.columns)
    if plan is not None and args.label not in (None, plan.label):
        raise ValueError(f"--label {args.label}, and {args.columns} is for label {plan.label!r}; want one of the two")
    label = args.label or plan.label                                # type: ignore[union-attr]
    asked: dict[str, Any] = {"plan": plan, "head": args.head, "positive": args.positive, "budget": args.budget,
                             "seed": args.seed}
    with tqdm(unit="window" if stream else "epoch", disable=None, leave=False) as bar:
        asked |= {"say": bar.write, "report": lambda: bar.update()}
        if stream:
            found = train_stream(args.data, label, epochs=args.epochs, checkpoint=args.checkpoint, resume=args.resume,
                                 **asked)
        else:
            table = read_rows(args.data, print)
            found = train_table(table, label, kept=kept, **asked)
    path = save(args.out, found.model, found.encoder)
    if args.save_columns:
        write_beside(Path(args.save_columns), lambda beside: beside.write_text(found.plan.toml(), encoding="utf-8"))
    about(found, str(path))
    if args.report and found.held_out is not None:
        settings = {"data": Path(args.data).name, "label": label, "budget in seconds": f"{args.budget:g}",
                    "seed": args.seed}
        page = write_report(args.report, found, table, found.held_out, of=Path(args.data).name, settings=settings,
                            seed=args.seed)
        print(f"report: {page}")
    write_json(args, as_json(found, str(path)))
    if found.stopped:
        raise ValueError(f"stopped by hand after {found.seconds:.0f} s; the best so far is kept in {path}; run "
                         "it again for the rest")


def about(found: TableModel, path: str) -> None:
    """What was chosen and why, for people."""
    chosen = found.encoder.about["chosen"]
    print("\nChosen, by the loss on rows left out: " + ", ".join(
        f"{weight:.0%} {name} ({members} trained, loss {loss:.4f})"
        for name, (weight, members, loss) in chosen.items()))
    print(f"\nThe columns file:\n\n{found.plan.toml()}\nThe same as code:\n\n{found.plan.code()}\n")
    held = found.encoder.about["held_out"]
    print(f"{found.rows:,} rows; on {held:,} of them, each held out from the models that score it: "
          f"{say_metrics(found.metrics)}\n{found.seconds:.1f} s; model: {path}")


def as_json(found: TableModel, path: str) -> dict[str, object]:
    """{"rows", "head", "label", "metrics", "seconds", "model", "classes", "positive", "chosen", "columns", ...}"""
    of = found.encoder.about
    return {"rows": found.rows, "head": found.answers.head, "label": found.answers.label, "metrics": found.metrics,
            "seconds": found.seconds, "model": path, "classes": list(found.answers.names),
            "positive": found.plan.positive,
            "held_out": of["held_out"], "judged": of["judged"],
            "chosen": {name: {"weight": weight, "members": members, "loss": loss, "epochs": of["epochs"][name]}
                       for name, (weight, members, loss) in of["chosen"].items()},
            "columns": found.plan.as_json()["columns"], "crosses": found.plan.as_json()["crosses"],
            "notes": list(found.plan.notes), "stopped": found.stopped}


if __name__ == "__main__":
    raise SystemExit(main())
