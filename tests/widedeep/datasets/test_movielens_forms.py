"""MovieLens 1M and the CSV form, with ratings that nobody gave."""

import numpy as np
import pytest

from widedeep.datasets import DataUnavailable, movielens
from widedeep.datasets.movielens_forms import FORMS
from widedeep.demo import main

PAIRS = [(u, i) for u in range(1, 21) for i in range(1, 16) if (u + 2 * i) % 7]
STARS = {pair: 1 + (sum(pair) + k) % 5 for k, pair in enumerate(PAIRS)}


def put_1m(folder):
    folder.mkdir(exist_ok=True)
    films = [f"{i}::Film é {i} ({1980 + i})::{'Drama' if i % 2 else 'Drama|War'}" for i in range(1, 16)]
    users = [f"{u}::{'FM'[u % 2]}::{(18, 25, 35)[u % 3]}::{u % 21}::{10000 + u}" for u in range(1, 21)]
    ratings = [f"{u}::{i}::{stars}::{1000 + u * i}" for (u, i), stars in STARS.items()]
    for name, lines in zip(FORMS["MovieLens 1M"], (ratings, users, films)):
        (folder / name).write_text("\n".join(lines) + "\n", "latin-1")
    return folder


def put_csv(folder):
    folder.mkdir(exist_ok=True)
    films = ['1,"Film, The (1981)",Drama', "2,Film 2 (1982),(no genres listed)"]
    films += [f"{i},Film é {i} ({1980 + i}),Drama|War" for i in range(3, 16)]
    ratings = [f"{u},{i},{stars - 0.5},{1000 + u * i}" for (u, i), stars in STARS.items()]
    for name, header, lines in (("ratings.csv", "userId,movieId,rating,timestamp", ratings),
                                ("movies.csv", "movieId,title,genres", films)):  # fmt: skip
        (folder / name).write_text("\r\n".join([header, *lines]) + "\r\n", "utf-8")
    return folder


def test_movielens_1m_has_the_columns_of_100k(tmp_path):
    data = movielens.load(put_1m(tmp_path / "ml-1m"))
    assert data.edition == "MovieLens 1M" and len(data.labels) == len(PAIRS)
    row = {name: column[PAIRS.index((2, 2))] for name, column in data.table.items()}  # user 2, film 2
    assert row == {
        "user": 2, "item": 2, "age": 35, "gender": "F", "occupation": "artist", "zip": "10002",
        "zip_area": "1", "title": "Film é 2 (1982)", "year": 1982, "genres": ("Drama", "War"),
        "rating": STARS[2, 2], "timestamp": 1004,
    }  # fmt: skip
    assert data.table["rating"].dtype == np.int64
    np.testing.assert_array_equal(data.labels[:, 0], data.table["rating"] >= 4)
    assert {split: sum(map(len, parts.values())) for split, parts in data.splits.items()} == dict.fromkeys(
        data.splits, len(PAIRS)
    )


def test_the_csv_form_knows_half_stars_and_nothing_of_people(tmp_path):
    data = movielens.load(put_csv(tmp_path / "ml-latest-small"))
    assert data.edition == "MovieLens, CSV form" and data.table["rating"].dtype == np.float64
    assert data.items["title"][0] == "Film, The (1981)" and data.items["year"][0] == 1981
    assert data.items["genres"][:3].tolist() == [("Drama",), (), ("Drama", "War")]
    assert set(data.users["gender"]) == {"?"} and set(data.users["age"]) == {0}
    np.testing.assert_array_equal(data.labels[:, 0], data.table["rating"] >= 4)


@pytest.mark.parametrize("put, edition", [(put_1m, "MovieLens 1M"), (put_csv, "MovieLens, CSV form")])
def test_the_demo_takes_them_and_says_which(tmp_path, capsys, put, edition):
    folder = put(tmp_path / "data")
    assert main(["--folder", str(folder), "--quick", "--out", str(tmp_path), "--json", str(tmp_path / "x.json")]) == 0
    assert f"{edition}: will this person rate this film 4 or 5?" in capsys.readouterr().out


BROKEN = {
    "a field missing": (put_1m, "users.dat", "1::F::18\n", "users.dat: every line wants 5 fields, line 1"),
    "words for stars": (put_1m, "ratings.dat", "1::2::many::3\n", "ratings.dat: .*; want lines of user, film, stars"),
    "no ratings": (put_1m, "ratings.dat", "", "ratings.dat: .*at least one"),
    "an unknown film": (put_1m, "ratings.dat", "1::99::3::4\n", "a rating names item 99"),
    "another header": (put_csv, "ratings.csv", "user,film,stars\n1,2,3\n", "ratings.csv: its header is .*want userId"),
    "a column missing": (put_csv, "movies.csv", "movieId,title\n1,Heat\n", r"movies.csv: no column \['genres'\]"),
}


@pytest.mark.filterwarnings("ignore:loadtxt")
@pytest.mark.parametrize("put, name, text, words", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_by_name(tmp_path, put, name, text, words):
    folder = put(tmp_path / "data")
    (folder / name).write_text(text)
    with pytest.raises(ValueError, match=words) as caught:
        movielens.load(folder)
    assert len(str(caught.value)) <= 300 and (folder / name).read_text() == text


def test_a_folder_of_something_else_says_what_is_read(tmp_path, capsys):
    (tmp_path / "ml-1m").mkdir()
    (tmp_path / "ml-1m" / "ratings.dat").write_text("1::2::3::4\n")
    with pytest.raises(DataUnavailable, match="u.data.*nor ratings.dat, users.dat, movies.dat; nor ratings.csv"):
        movielens.load(tmp_path / "ml-1m")
    put_1m(tmp_path / "ml-1m")
    with pytest.raises(DataUnavailable, match="they seem to lie in .*ml-1m"):
        movielens.load(tmp_path)
    assert main(["--folder", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert "they seem to lie in" in capsys.readouterr().err
