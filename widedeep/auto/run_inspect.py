"""widedeep inspect: what a model is made of: label, columns, sizes of its towers, sparsity, heaviest weights."""
import argparse
from typing import Any

import numpy as np

from mlp.windows import flatten
from widedeep.auto.options import add_json, check_outputs, parser_for, run_command, say_metrics, write_json
from widedeep.auto.table_model import TableModel, open_model
from widedeep.wide import Wide


def parser() -> argparse.ArgumentParser:
    made = parser_for("inspect", __doc__, "widedeep inspect model.npz --top 20")
    made.add_argument("model", metavar="MODEL", help="an archive of widedeep train")
    made.add_argument("--top", type=int, default=10, help="how many of the heaviest weights (default 10)")
    add_json(made, "the same")
    return made


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if args.top < 0:
        parser().error(f"--top {args.top}: want 0 or more")
    return run_command(args, run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "json")
    found = inspected(open_model(args.model), args.top)
    print(f"label {found['label']}, head {found['head']}" + (f": {', '.join(found['classes'])}" if found["classes"] else
                                                            ""))
    print(f"trained on {found['rows']:,} rows; on rows held out: {say_metrics(found['metrics'])}\n\ncolumns")
    for name, column in found["columns"].items():
        print(f"  {name:<28}{column['kind']:<10}" + (f"{column['ids']:>7,} ids" if column["ids"] else ""))
    print(f"  {len(found['crosses'])} crosses, {sum(found['crosses'].values()):,} ids\n\ntowers")
    for name, tower in found["towers"].items():
        print(f"  {name:<10}{tower['kind']:<14}{tower['weights']:>9,} weights, {tower['zero']:.0%} of them 0")
    print("\nheaviest weights")
    for weight in found["heaviest"]:
        of = f"  for {weight['class']}" if "class" in weight else ""
        print(f"  {weight['weight']:+8.3f}  {weight['feature']}{of}")
    write_json(args, found)


def inspected(kept: TableModel, top: int) -> dict[str, Any]:
    encoder, model = kept.encoder, kept.model
    sizes = {column.reads[0]: column.size for column in encoder.deep}
    towers = {}
    for name, tower in model.towers.items():
        arrays = [w for _, w in flatten(tower.params())]
        weights = sum(w.size for w in arrays)
        towers[name] = {"kind": type(tower).__name__, "weights": weights,
                        "zero": 1 - sum(int(np.count_nonzero(w)) for w in arrays) / weights}
    return {"label": kept.answers.label, "head": kept.answers.head, "classes": list(kept.answers.names),
            "rows": kept.rows, "metrics": kept.metrics,
            "columns": {name: {"kind": column.kind} | column.options() | {"ids": sizes.get(name, 0)}
                        for name, column in kept.plan.columns.items()},
            "crosses": {column.name: column.size for column in encoder.wide if hasattr(column, "parts")},
            "towers": towers, "heaviest": heaviest(kept, top)}


def heaviest(kept: TableModel, top: int) -> list[dict[str, Any]]:
    """Wide weights, and those of the scaled numbers, the largest magnitudes first."""
    named: list[tuple[str, Any]] = []                               # (feature, its weights (K,))
    for tower in kept.model.towers.values():
        w: Any = dict(tower.params())["w"]
        if isinstance(tower, Wide):
            w = w.reshape(len(w), -1)
            most = np.argsort(-np.abs(w).max(axis=1), kind="stable")[:top]
            named += [(kept.encoder.wide_name(int(i)), w[i]) for i in most]
        elif type(tower).__name__ == "Linear":
            named += [(f"{number.name}, scaled", weights) for number, weights in zip(kept.encoder.numbers, w)]
    found: list[dict[str, Any]] = []
    for feature, weights in named:
        k = int(np.abs(weights).argmax())
        of = {"class": kept.answers.names[k]} if len(weights) > 1 else {}
        found.append({"feature": feature, "weight": float(weights[k])} | of)
    return sorted(filter(lambda weight: weight["weight"], found), key=lambda weight: -abs(weight["weight"]))[:top]


if __name__ == "__main__":
    raise SystemExit(main())
