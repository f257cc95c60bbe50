"""Sources: users, items and check rows from files, as from a data set."""

import json

import numpy as np
import pytest

from widedeep import save
from widedeep.datasets import adult
from widedeep.serve.requests import Wanted
from widedeep.serve.sources import (
    check_of_data,
    check_of_file,
    read_table,
    served_from_file,
    shop_of_data,
    shop_of_files,
    trained_on,
)


def csv_of(path, table):
    lines = [",".join(table)]
    for values in zip(*(table[name].tolist() for name in table)):
        lines.append(",".join("|".join(value) if isinstance(value, tuple) else str(value) for value in values))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_files_are_as_good_as_the_data_set(tmp_path, apps, store, shop, people_served):
    users, items = csv_of(tmp_path / "users.csv", store.users), csv_of(tmp_path / "items.csv", store.items)
    pairs = [(user, item) for user, seen in shop.seen.items() for item in seen]
    history = csv_of(
        tmp_path / "seen.csv", {"user": np.array([u for u, _ in pairs]), "item": np.array([i for _, i in pairs])}
    )
    archive = save(tmp_path / "apps.npz", *apps)
    served = served_from_file(archive, lambda encoder: shop_of_files(encoder, users, items, history))
    wanted = Wanted(7, [], {}, 10, 0.3)
    assert served.recommend(wanted)["recommendations"] == people_served.recommend(wanted)["recommendations"]
    assert served.version == people_served.version and served.name == "apps.npz"


def test_json_records(tmp_path, apps, store):
    path = tmp_path / "users.json"
    path.write_text(json.dumps([{"user": 1, "installed": ["Star Chart"], "age": 30}]))
    items = csv_of(tmp_path / "items.csv", store.items)
    shop = shop_of_files(apps[1], path, items, None)
    assert shop.seen == {1: set()} and list(shop.users["installed"]) == [["Star Chart"]]
    path.write_text("{")
    with pytest.raises(ValueError, match="users.json: not JSON"):
        read_table(path, apps[1])


def test_users_without_a_key(tmp_path, apps, store):
    path = tmp_path / "users.csv"
    path.write_text("name,age\na,3\n")
    with pytest.raises(ValueError, match="no column 'user' among name, age"):
        shop_of_files(apps[1], path, path, None)


def test_check_rows(tmp_path, good):
    path = tmp_path / "check.csv"
    path.write_text("education,rich\nMasters,1\nHS-grad,0\n")
    found = check_of_file(path, "rich", good[1])
    assert found.labels.tolist() == [[1], [0]] and list(found.table) == ["education"]
    with pytest.raises(ValueError, match="--label income: no such column"):
        check_of_file(path, "income", good[1])
    with pytest.raises(ValueError, match="holds .*HS-grad.*; want 0 and 1"):
        check_of_file(path, "education", good[1])


def test_a_data_set(store):
    shop, check = shop_of_data(store), check_of_data(store)
    test = store.splits["random"]["test"]
    assert len(check.labels) == 5_000 and (check.labels == store.labels[test[:5_000]]).all()
    title_of = dict(zip(store.items["item"].tolist(), store.items["title"].tolist()))
    assert {title_of[item] for item in shop.liked[3]} == set(store.users["installed"][3])
    assert shop_of_data(adult.load()) is None


def test_the_demo_trains_the_recipe(store):
    model, encoder = trained_on(store, epochs=1)
    assert model.made_for == encoder.fingerprint and "installed" in encoder.reads
