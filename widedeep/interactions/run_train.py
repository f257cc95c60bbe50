"""widedeep train --user COLUMN --item COLUMN: a recommender of interactions (auto/run_train.py reads the options)."""
import argparse
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from widedeep.auto.options import check_outputs, write_json
from widedeep.auto.reading import read_rows
from widedeep.interactions.log import Roles
from widedeep.interactions.training import K, Recommending, train_log
from widedeep.saving import save


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "out", "json")
    roles = Roles(args.user, args.item, args.rating, args.label, args.time, args.least)
    with tqdm(unit="epoch", disable=None, leave=False) as bar:
        found = train_log(read_rows(args.data, print), roles, budget=args.budget, seed=args.seed, say=bar.write,
                          report=lambda: bar.update())
    path = str(save(args.out, found.model, found.shop))
    people = found.shop.about["hidden"]["measure"]
    print(f"\nof {people:,} people who took no part in any choice, the hidden item among all that they have not had:\n"
          f"{'':<14}{f'hit rate@{K}':>12}{f'NDCG@{K}':>10}")
    for name, figures in {**found.judged, "together": found.metrics}.items():
        print(f"  {name:<12}{figures['hr']:>12.4f}{figures['ndcg']:>10.4f}")
    print(f"{found.seconds:.1f} s; recommender: {path}")
    write_json(args, as_json(found, path))
    if found.stopped:
        raise ValueError(f"stopped by hand after {found.seconds:.0f} s; the best so far is kept in {path}; run "
                         "it again for the rest")


def as_json(found: Recommending, path: str) -> Mapping[str, Any]:
    """{"rows", "head", "metrics", "judged", "seconds", "model", "people", "items", "k", "sides", "notes", ...}"""
    return {**found.shop.about, "head": "ranking", "model": path, "stopped": found.stopped}
