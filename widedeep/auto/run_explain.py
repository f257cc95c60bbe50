"""widedeep explain: why some rows have their answers: the net sum as a sum of named terms.

wide terms (a value, or two that stand together), the linear part (the scaled numbers), the deep part, and the bias.  Of
yes or no the sum is a log-odd, of numbers the answer itself, of classes the log-odd of the most probable class against
the mean of all.
"""
import argparse
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.options import add_json, check_outputs, note, parser_for, run_command, write_json
from widedeep.auto.reading import read_rows
from widedeep.auto.table_model import TableModel, open_model
from widedeep.datasets.table import take
from widedeep.table import as_column
from widedeep.wide import Wide


def parser() -> argparse.ArgumentParser:
    made = parser_for("explain", __doc__, "widedeep explain model.npz new.csv --rows 3")
    made.add_argument("model", metavar="MODEL", help="an archive of widedeep train")
    made.add_argument("data", metavar="DATA", help="a CSV with a header line")
    made.add_argument("--rows", type=int, default=3, metavar="N", help="the first N rows (default 3)")
    made.add_argument("--top", type=int, default=8, metavar="N", help="terms of each row (default 8)")
    add_json(made, "every term of these rows")
    return made


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if args.rows < 1 or args.top < 1:
        parser().error(f"--rows {args.rows}, --top {args.top}: want at least 1 of both")
    return run_command(args, run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "json")
    kept, table = open_model(args.model), read_rows(args.data, note)
    n = min(args.rows, len(next(iter(table.values()))))
    found = explained(kept, take(table, np.arange(n)))
    for doubt in kept.encoder.doubts(take(table, np.arange(n))):
        note(doubt)
    for row, reasons in enumerate(found):
        of = f" for {reasons['class']}" if "class" in reasons else ""
        print(f"row {row}: {', '.join(f'{name} {value:.4g}' for name, value in reasons['answer'].items())}; "
              f"net sum{of} {reasons['net_sum']:+.3f} =")
        for term in reasons["terms"][:args.top]:
            print(f"  {term['weight']:+8.3f}  {term['feature']}")
        if rest := reasons["terms"][args.top:]:
            print(f"  {sum(term['weight'] for term in rest):+8.3f}  {len(rest)} smaller terms")
    write_json(args, {"rows": found, "head": kept.answers.head, "model": args.model})


def explained(kept: TableModel, table: Any) -> list[dict[str, Any]]:
    """Of each row {"answer", "net_sum", "terms": [{"feature", "weight"}], "class"}; the terms add up to the net sum."""
    exact, batch = kept.model.astype(np.float64), kept.encoder.encode(table, dtype=np.float64).whole()
    z, answers = exact.logits(batch), kept.answer(table)
    found = []
    for n in range(len(batch)):
        k = int(z[n].argmax())

        def told(values: Array, k: int = k) -> float:
            values = np.atleast_1d(values)
            return float(values[k] - values.mean()) if len(values) > 1 else float(values[0])
        terms, deep = [("bias", told(exact.b))], 0.0
        for tower in exact.towers.values():
            w: Any = dict(tower.params())["w"]
            if isinstance(tower, Wide):
                terms += [(kept.encoder.wide_name(int(i)), told(w[i])) for i in batch.wide[n] if i]
            elif type(tower).__name__ == "Linear":
                terms += [(scaled(table, number.name, n, x), told(x * weights))
                          for number, x, weights in zip(kept.encoder.numbers, batch.numbers[n], w)]
            else:
                deep += told(tower.forward(batch[[n]])[0][0])       # type: ignore[index]
        if any(name.startswith("deep") for name in exact.towers):
            terms.append(("deep part", deep))
        terms.sort(key=lambda term: -abs(term[1]))
        of = {"class": kept.answers.names[k]} if z.shape[1] > 1 else {}
        found.append({"answer": {name: float(values[n]) for name, values in answers.items()}, "net_sum": told(z[n]),
                      "terms": [{"feature": name, "weight": weight} for name, weight in terms if weight]} | of)
    return found


def scaled(table: Any, name: str, n: int, x: float) -> str:
    """A number as the table has it, and as the model sees it: "age = 39 (scaled +0.07)"."""
    value = f" = {as_column(table[name])[n]}" if name in table else ""
    return f"{name}{value} (scaled {x:+.2f})"


if __name__ == "__main__":
    raise SystemExit(main())
