"""python -m widedeep.trace: the five steps of backpropagation for one row, every number with its shape and equation.

It trains a small wide & deep model (embeddings of 4, layers of 8 and 4 neurons, 20,000 rows one at a time: some
seconds), takes one row of the test part, and makes the step of training on it with the same classes: the inputs arrive,
the weights, the output of every neuron, the error p - y, and the way back to every weight that moves.  --html writes it
as a page that needs no network: arrow keys step forward and back through the graph, #step=3 leads to step 3.

--json writes {data, row, label, seed, trained_on, values, steps}; steps is a list of {step, part, title, text,
quantities}, and a quantity {symbol, equation, shape, values, down, across, parameter}; --json - prints it, and nothing
else.
"""
import argparse
import json
import sys
import textwrap
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from widedeep.commands.arguments import add_data, check_file, check_folder, check_least, load_data
from widedeep.commands.blas_threads import one_thread
from widedeep.commands.comparison_text import question
from widedeep.commands.exit_codes import exit_code
from widedeep.saving import write_beside
from widedeep.trace.page import OF_DATA, as_html
from widedeep.trace.recording import record
from widedeep.trace.small import COLUMNS, HIDDEN, D, SmallModel, small_model
from widedeep.trace.steps import steps_of
from widedeep.trace.text import as_json, as_text


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    with one_thread():
        return exit_code(lambda: run(args))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m widedeep.trace", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data(parser, COLUMNS, "appstore, which is generated")
    parser.add_argument("--row", type=int, metavar="K", help="of the test part, from 0 (default: the first whose error "
                                                             "reaches every part of the model)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and of the order of the rows (default 0)")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the page")
    parser.add_argument("--json", metavar="FILE", help="write every number to this file; - prints them")
    args = parser.parse_args(argv)
    args.data = args.data or ("movielens" if args.folder else "appstore")
    check_least(parser, args, row=0, seed=0)
    check_folder(parser, args.folder, args.data)
    return args


def run(args: argparse.Namespace) -> None:
    check_file("--html", args.html)
    check_file("--json", Path(args.json) if args.json and args.json != "-" else None)
    with redirect_stdout(sys.stderr) if args.json == "-" else nullcontext():            # a download says what it does
        data = load_data(args.data, args.folder)
    small = small_model(data, args.seed)
    k = small.instructive() if args.row is None else args.row
    table, batch = small.row(k)
    seen = record(small.model, small.optimizers, batch)
    values = {name: table[name].tolist()[0] for name in dict.fromkeys([*small.encoder.reads, "title"]) if name in table}
    stops, about = steps_of(small, seen), about_row(small, k, values)
    found = {"data": data.name, "row": k, "label": int(batch.labels[0, 0]), "seed": args.seed,
             "trained_on": small.trained_on, "values": values, "steps": as_json(stops)}
    text = json.dumps(found, indent=1, allow_nan=False) + "\n"
    if args.json == "-":
        print(text, end="")
    else:
        print("\n".join(textwrap.fill(line, 118) for line in [*about, OF_DATA[data.name]]), as_text(stops), sep="\n\n",
              end="")
    if args.json and args.json != "-":
        path = write_beside(Path(args.json), lambda beside: beside.write_text(text, encoding="utf-8"))
        print(f"\nevery number: {path}")
    if args.html:
        page = as_html(small, k, seen, stops, about)
        path = write_beside(args.html, lambda beside: beside.write_text(page, encoding="utf-8"))
        if args.json != "-":
            print(f"\npage: {path}")


def about_row(small: SmallModel, k: int, values: dict[str, Any]) -> list[str]:
    """Which row of what, and by which model.   values : those that the encoder reads, and the title"""
    row = "; ".join(f"{name}={', '.join(value) if isinstance(value, tuple) else value}"
                    for name, value in values.items())
    asked = question(small.data)
    return [f"{asked[0].upper()}{asked[1:]}", f"Test row {k}: {row}.",
            f"The model: embeddings of {D} numbers, layers of {' and '.join(map(str, HIDDEN))} neurons, trained on "
            f"{small.trained_on:,} training rows, one at a time, once each (seed {small.seed}). The step below is the "
            "next."]


if __name__ == "__main__":
    raise SystemExit(main())
