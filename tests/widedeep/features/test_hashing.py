import json
import os
import subprocess
import sys

import numpy as np
import pytest

from widedeep.columns import Bag, Buckets
from widedeep.encoder import Encoder
from widedeep.features.hashing import Hashed, HashedColumn, HashedCross, stable_hash
from widedeep.table import Sheet


@pytest.fixture
def table():
    return {
        "education": np.array(["Bachelors", "Masters", "Bachelors", "HS"] * 5),
        "occupation": np.array(["Sales", "Tech", "Sales", "Craft"] * 5),
        "age": np.arange(20),
        "genres": np.array([("a", "b"), (), ("a",), ("c",)] * 5 + [None], dtype=object)[:20],
    }


def test_the_hash_is_blake2b_as_coreutils_b2sum_computes_it():
    assert stable_hash("education=Bachelors AND occupation=Sales") == 9874288861391558380
    assert stable_hash("é") == 3394012004367669963


def test_the_hash_is_the_same_in_another_process_with_another_hash_seed():
    code = "from widedeep.features.hashing import stable_hash; print(stable_hash('a=1'))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert answers == {str(stable_hash("a=1"))}


def test_a_weight_reads_back_with_rows_and_collisions(table):
    cross = HashedCross("education", "occupation", buckets=2**20)
    encoder = Encoder(wide=[cross]).fit(table)
    cross, ids = encoder.wide[0], encoder.encode(table).wide  # the encoder may have fitted a copy
    assert encoder.wide_name(int(ids[0, 0])) == "education=Bachelors AND occupation=Sales"
    assert (
        cross.line(int(ids[0, 0]), 0.83) == "education=Bachelors AND occupation=Sales  +0.83  (10 rows, no collisions)"
    )
    assert cross.collisions == 0


def test_two_buckets_collide_and_say_so(table):
    column = Encoder(wide=[Hashed("education", buckets=2, keep=1)]).fit(table).wide[0]
    lines = [column.line(i, 0) for i in (1, 2)]
    held = {i: sum(1 + stable_hash(f"education={v}") % 2 == i for v in ("Bachelors", "Masters", "HS")) for i in (1, 2)}
    for i in (1, 2):
        assert (f"{held[i] - 1} collision" in lines[i - 1]) == (held[i] > 1)
    assert all(len(top) == 1 for _, _, top in column.map.seen.values())  # bounded
    assert sum(rows for rows, _, _ in column.map.seen.values()) == 20  # but counted exactly
    assert 0 < column.collisions <= 1


def test_a_value_whose_bucket_was_empty_in_training_is_not_known(table):
    column = Hashed("education", buckets=2**30)
    encoder = Encoder(wide=[column]).fit(table)
    other = {name: values[:1] for name, values in table.items()} | {"education": np.array(["Doctorate"])}
    assert encoder.encode(other).wide.tolist() == [[0]]


def test_bags_and_buckets_cross_too(table):
    cross = HashedCross(Bag("genres"), Buckets("age", 2), "education", buckets=2**20)
    encoder = Encoder(wide=[cross]).fit(table)
    ids = encoder.encode(table).wide
    assert ids.shape == (20, 2) and (ids[1] == 0).all()
    assert encoder.wide_name(int(ids[0, 0])).endswith("AND age below 9 AND education=Bachelors")


@pytest.mark.parametrize("tower", ["wide", "deep"])
def test_saved_and_read_back_it_gives_the_same_ids_and_names(table, tower):
    columns = [Hashed("occupation", 7), HashedCross("education", Buckets("age", 3), buckets=11)]
    first = Encoder(**{tower: columns}).fit(table)
    second = Encoder.from_state(json.loads(json.dumps(first.state())))
    a, b = (getattr(e.encode(table), tower) for e in (first, second))
    assert a.tolist() == b.tolist()
    names = first.wide_name if tower == "wide" else first.deep_name
    again = second.wide_name if tower == "wide" else second.deep_name
    assert [names(i) for i in range(19)] == [again(i) for i in range(19)]


def test_too_few_buckets_raise():
    for make in (lambda: Hashed("a", 1), lambda: Hashed("a", 9, keep=0), lambda: HashedCross("a", "b", buckets=0)):
        with pytest.raises(ValueError, match="want at least 2"):
            make()


def test_more_tuples_than_a_number_can_name_are_refused():
    table = {name: [f"{name}{i}" for i in range(2**13)] for name in "abcde"}
    with pytest.raises(ValueError, match="a x b x c x d x e: too many tuples for a 64-bit number; cross fewer columns"):
        Encoder(wide=[HashedCross(*"abcde", buckets=16)]).fit(table)


def test_a_hashed_column_of_your_own_writes_its_codes():
    with pytest.raises(NotImplementedError, match="a hashed column writes this"):
        HashedColumn("a", ("a",)).codes(Sheet({"a": [1]}, ["a"]))
