"""Sources: from files, or from a data set, to something that can be served.

    --users FILE    a key column "user", and what is known of them        CSV with a header, or JSON records
    --items FILE    a key column "item", a "title", and the rest
    --history FILE  columns "user" and "item": what they have seen, and is not recommended again
    --check FILE    rows with the column --label, 0 or 1, or as `widedeep train` read it: what a new model's dry run
                    is measured on

In a CSV a bag is joined by | unless the model's column has another separator.

Read before: served.py, swap.py        Read next: __main__.py
"""
import json
from pathlib import Path
from typing import Any

import numpy as np

from widedeep.auto.reading import gaps
from widedeep.auto.table_encoder import TableEncoder
from widedeep.columns import Bag
from widedeep.commands.people import seen_by
from widedeep.datasets import Dataset, read_csv
from widedeep.datasets.table import take
from widedeep.recipes import RECIPES
from widedeep.recommend import history
from widedeep.saving import load
from widedeep.serve.served import Served, Shop, served_of
from widedeep.serve.swap import Check
from widedeep.table import as_column, as_table

CHECKED = 5_000                                         # rows of a data set for the dry run
JOINED = "|"


def read_table(path: Path, encoder: Any) -> dict[str, Any]:
    """The table in a CSV file, or in a JSON file of records."""
    if path.suffix.lower() == ".json":
        try:
            records = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: not JSON ({error}); want a list of records, [{{column: value}}]") from None
        return dict(as_table(records))
    table: dict[str, Any] = dict(read_csv(path))
    for column in encoder.columns if not isinstance(encoder, TableEncoder) else ():
        if isinstance(column, Bag) and column.sep is None and column.name in table:
            table[column.name] = as_column([tuple(filter(None, str(joined).split(JOINED)))
                                            for joined in table[column.name].tolist()])
    return table


def check_reads(encoder: Any, option: str) -> None:
    """Raise ValueError for the encoder of a ranker, which reads no table."""
    if not hasattr(encoder, "columns"):
        raise ValueError(f"{option}: the model is a ranker, whose archive holds its items, and which reads no tables; "
                         "leave it out")


def shop_of_files(encoder: Any, users: Path, items: Path, seen: Path | None) -> Shop:
    """Users without a history have an empty one."""
    check_reads(encoder, "--users, --items")
    people = read_table(users, encoder)
    if "user" not in people:
        raise ValueError(f"{users}: no column 'user' among {', '.join(people)}; want the key of each user")
    past = history(read_table(seen, encoder)) if seen else {}
    return Shop(people, read_table(items, encoder),
                {user: past.get(user, set()) for user in as_column(people["user"]).tolist()}, past)


def check_of_file(path: Path, label: str, encoder: Any) -> Check:
    check_reads(encoder, "--check")
    table = read_table(path, encoder)
    if label not in table:
        raise ValueError(f"--label {label}: no such column in {path}; it has {', '.join(table)}"[:300])
    if isinstance(encoder, TableEncoder):
        return check_of_answers(path, label, encoder, table)
    labels = np.asarray(table.pop(label))
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"--label {label}: {path} holds {sorted(set(labels.tolist()), key=str)[:3]}; want 0 and 1")
    return Check(table, labels.astype(np.float32)[:, None])


def check_of_answers(path: Path, label: str, encoder: TableEncoder, table: dict[str, Any]) -> Check:
    """Of a table whose label the encoder knows: texts, or numbers in their unit.  Rows without one are left out."""
    answers = encoder.answers
    if label != answers.label:
        raise ValueError(f"--label {label}: the model's label is {answers.label!r}; want that")
    values = as_column(table[label])
    known = np.flatnonzero(~gaps(values))
    if not len(known):
        raise ValueError(f"--label {label}: every row of {path} lacks it; want some that have it")
    labels = answers.read(values[known])[:, None] if answers.head == "number" else answers.desired(values[known])
    return Check(take(table, known), labels)


def shop_of_data(data: Dataset) -> Shop | None:
    """The data set's people; None for one without items.  Liked: rated high, or installed."""
    if data.users is None or data.items is None:
        return None
    seen = seen_by(data)
    if "installed" in data.users:
        item_of = dict(zip(data.items["title"].tolist(), data.items["item"].tolist()))
        liked = {user: {item_of[title] for title in installed}
                 for user, installed in zip(data.users["user"].tolist(), data.users["installed"].tolist())}
    else:
        liked = history(take(data.table, data.labels[:, 0] == 1))
    return Shop(data.users, data.items, seen, liked)


def check_of_data(data: Dataset) -> Check:
    """Some of its test rows."""
    table, labels = data.rows("random", "test")
    some = np.arange(min(CHECKED, len(labels)))
    return Check(take(table, some), labels[some])


def served_from_file(path: Path, shop_of: Any) -> Served:
    """The archive's model.   shop_of : encoder -> Shop or None"""
    model, encoder, _ = load(path)
    return served_of(model, encoder, shop_of(encoder), path.name)


def trained_on(data: Dataset, epochs: int | None = None) -> tuple[Any, Any]:
    """(model, encoder): the data set's quick recipe, trained now."""
    recipe = RECIPES[data.name]
    prepared = recipe.prepare(data)
    return recipe.fit(prepared, epochs=epochs).model, prepared.encoder
