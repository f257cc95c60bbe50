"""A cold run: python -m benchmarks.cold SIDE --threads T, from the start of a process to Adult's test AUC.

Imports, reading, encoding, compiling, ten epochs, and scoring the test rows.  All sides encode with our encoder, and
have their test rows scored by our model with their weights, except libraries whose models differ.
"""

import argparse
import importlib


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold")
    parser.add_argument("side")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    from benchmarks.names import COLD
    from benchmarks.worker import MODULES
    from benchmarks.workloads import Problem, load, new_model

    module = importlib.import_module(f"benchmarks.{MODULES[args.side]}")
    data, encoder = load(COLD["data"])
    rows, labels = data.rows("random", "train")
    train = encoder.fit(rows).encode(rows, labels)
    test = encoder.encode(*data.rows("random", "test"))
    spec = COLD | {"kind": "widedeep", "d": 8, "hidden": [64, 32], "bags": []}
    arrays = {name: getattr(train, name) for name in ("wide", "deep", "shares", "numbers", "labels")}
    problem = Problem(spec, arrays | new_model(spec, encoder.n_wide, encoder.n_deep, encoder.n_inputs))
    side = module.SIDES["widedeep"](problem, args.side, args.threads)
    for epoch in range(COLD["epochs"]):
        side.epoch(epoch)

    from widedeep import auc

    print(f"test AUC {auc(test.labels, side.logits(test)):.6f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
