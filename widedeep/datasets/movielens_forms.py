"""The other MovieLens: 1M, and the CSV form of the later ones (ml-latest-small, 20M, 25M, 32M).

    MovieLens 1M     ratings.dat, users.dat, movies.dat       :: between the fields, latin-1
    the CSV form     ratings.csv, movies.csv                  a header line, half stars, nothing about the users

They are read from a folder of yours; nothing is downloaded, and no checksum is known for those that keep growing.
Whatever the CSV form does not tell about a user is "?", and the age 0: columns that the recipes read, and that then
teach nothing.

Read before: movielens.py        Read next: download.py
"""
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .table import parse_csv

FORMS = {"MovieLens 1M": ("ratings.dat", "users.dat", "movies.dat"),
         "MovieLens, CSV form": ("ratings.csv", "movies.csv")}
OCCUPATIONS = ("other", "educator", "artist", "clerical", "college student", "customer service", "health care",
               "executive", "farmer", "homemaker", "K-12 student", "lawyer", "programmer", "retired", "sales",
               "scientist", "self-employed", "engineer", "craftsman", "unemployed", "writer")


class Form(NamedTuple):
    """edition : its name        ratings : (N, 4) user, item, stars, seconds since 1970
    people : None, or (user, age, gender, occupation, zip) of each        films : (item, title, genres) of each
    """

    edition: str
    ratings: np.ndarray
    people: list[tuple[str, ...]] | None
    films: list[tuple[str, str, tuple[str, ...]]]


def read(folder: Path) -> Form | None:
    """The form that the folder holds; None if it holds none of them.  Raises ValueError for a file that is broken."""
    edition = next((name for name, files in FORMS.items() if all((folder / file).is_file() for file in files)), None)
    if edition is None:
        return None
    if edition == "MovieLens 1M":
        lines = fields((folder / "users.dat").read_text("latin-1"), "::", 5, "users.dat")
        people: list[tuple[str, ...]] = [(user, age, gender, occupation_of(code), area)
                                         for user, gender, age, code, area in lines]
        ratings = (folder / "ratings.dat").read_bytes().replace(b"::", b",")
        films = [(item, title.strip(), tuple(genres.split("|"))) for item, title, genres
                 in fields((folder / "movies.dat").read_text("latin-1"), "::", 3, "movies.dat")]
        return Form(edition, stars(ratings, "ratings.dat"), people, films)
    table = parse_csv(io.StringIO((folder / "movies.csv").read_text("utf-8-sig"), newline=""), "movies.csv")
    if missing := {"movieId", "title", "genres"} - table.keys():
        raise ValueError(f"movies.csv: no column {sorted(missing)}; want movieId, title, genres, as MovieLens has them")
    films = [(str(item), str(title).strip(), () if genres == "(no genres listed)" else tuple(str(genres).split("|")))
             for item, title, genres in zip(table["movieId"].tolist(), table["title"], table["genres"])]
    header, _, ratings = (folder / "ratings.csv").read_bytes().removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    if header.strip().split(b",") != [b"userId", b"movieId", b"rating", b"timestamp"]:
        raise ValueError(f"ratings.csv: its header is {header[:60]!r}; want userId,movieId,rating,timestamp")
    return Form(edition, stars(ratings, "ratings.csv"), None, films)


def stars(text: bytes, name: str) -> np.ndarray:
    """(N, 4) from lines of four numbers with commas."""
    try:
        ratings = np.loadtxt(io.BytesIO(text), delimiter=",", ndmin=2)
    except ValueError as error:
        raise ValueError(f"{name}: {str(error)[:120]}; want lines of user, film, stars and seconds") from None
    if ratings.shape[1:] != (4,) or not len(ratings) or not np.isfinite(ratings).all():
        raise ValueError(f"{name}: {ratings.shape}; want lines of user, film, stars and seconds, at least one")
    return ratings


def occupation_of(code: str) -> str:
    known = code.isdigit() and int(code) < len(OCCUPATIONS)
    return OCCUPATIONS[int(code)] if known else code


def fields(text: str, separator: str, count: int, name: str) -> list[list[str]]:
    """The fields of each line. Not `splitlines`, which also splits at rare characters inside a title."""
    lines = [line.split(separator) for line in text.replace("\r\n", "\n").split("\n") if line]
    wrong = [number for number, line in enumerate(lines, 1) if len(line) != count]
    if wrong or not lines:
        raise ValueError(f"{name}: every line wants {count} fields, line {wrong[0] if wrong else 1} has another number")
    return lines
