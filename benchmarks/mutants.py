"""Mutants of an archive: what accidents and strangers make of a file, each drawn from a seed and a number.

    bytes      some bytes changed                      dtypes     an array of another dtype
    cuts       an end missing, a middle missing ...    shapes     an array of another shape, or a header that says so
    members    dropped, doubled, exchanged, unknown    numbers    NaN, infinite, another number
    zip        sizes, names and methods that lie       headers    another text before the numbers
    settings   a leaf of the JSON changed, dropped, doubled, put in

Half of the mutants of arrays and settings get a digest computed anew, as somebody would who means to deceive.
"""

import copy
import io
import json
import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from widedeep.archives.digest import NAME, digest

Members = dict[str, bytes]
ODD_NUMBERS = [0, 1, -1, 2, 0.5, -0.5, 1e308, 1e-320, 2**31, 2**63, 10**30, float("nan"), float("inf"), True]
ODD = [
    None,
    "",
    "x",
    "\ud800",
    "__class__",
    "../../x",
    [],
    {},
    [1],
    ["x"],
    {"x": 1},
    [[[[]]]],
    "Category",
    "SGD",
    *ODD_NUMBERS,
]
DTYPES = ["i1", "i8", "u1", "f2", "f4", "f8", ">f4", ">f8", "c8", "c16", "?", "U3", "S4", "M8[s]", "V4"]


class Mutant(NamedTuple):
    """What was done, the file, and whether its digest is right (then it may be another, well-formed archive)."""

    kind: str
    file: bytes
    sealed: bool


def mutant(original: bytes, rng: np.random.Generator) -> Mutant:
    kind = list(KINDS)[rng.integers(len(KINDS))]
    if kind in ("bytes", "cuts"):
        return Mutant(kind, KINDS[kind](original, rng), False)
    members = unpacked(original)
    if kind in ("members", "zip"):
        return Mutant(kind, KINDS[kind](members, rng), False)
    changed = KINDS[kind](members, rng)
    sealed = bool(rng.random() < 0.5) and seal(changed)
    return Mutant(kind, packed(changed), sealed)


def unpacked(file: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def packed(members: Any) -> bytes:
    """members : a dict, or pairs where a name may stand twice"""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with warnings.catch_warnings(action="ignore"):  # zipfile warns of a name that stands twice: that is the point
            for name, data in members.items() if isinstance(members, dict) else members:
                archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def array_of(data: bytes) -> Any:
    return np.load(io.BytesIO(data), allow_pickle=False)


def bytes_of(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def seal(members: Members) -> bool:
    """A digest computed anew; False where a member cannot be read as an array."""
    try:
        arrays = {name.removesuffix(".npy"): array_of(data) for name, data in members.items()}
        members[f"{NAME}.npy"] = bytes_of(digest(arrays))
    except Exception:
        return False
    return True


def one(things: Any, rng: np.random.Generator) -> Any:
    things = list(things)
    return things[rng.integers(len(things))]


def arrays_in(members: Members) -> list[str]:
    return [name for name in members if name not in ("about.npy", f"{NAME}.npy")]


# ---- the file


def change_bytes(file: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(file)
    for _ in range(rng.integers(1, 9)):
        changed[rng.integers(len(changed))] = rng.integers(256)
    return bytes(changed)


def cut(file: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted(rng.integers(0, len(file) + 1, 2).tolist())
    return one(
        [file[:a], file[a:], file[:a] + file[b:], file[:b] + file[a:], file[:a] + bytes(b - a) + file[b:],
         file + file[a:b], file[a:b] + file, file[:a] + file[a:b][::-1] + file[b:]],
        rng,
    )  # fmt: skip


# ---- members


def change_members(members: Members, rng: np.random.Generator) -> bytes:
    a, b = one(members, rng), one(members, rng)
    what = rng.integers(7)
    if what == 0:
        return packed({name: data for name, data in members.items() if name != a})
    if what == 1:
        return packed([*members.items(), (a, members[b])])
    if what == 2:
        return packed(members | {a: members[b], b: members[a]})
    if what == 3:
        return packed(members | {a: members[b]})
    if what == 4:
        others = [
            "x.npy",
            "params/x.npy",
            "memory/wide/w/9.npy",
            "../x.npy",
            "/x.npy",
            "notes.txt",
            ".npy",
            "a" * 300 + ".npy",
        ]
        return packed(members | {one(others, rng): members[a]})
    if what == 5:
        return packed({(b + "_" if name == a else name): data for name, data in members.items()})
    return packed(dict(sorted(members.items(), key=lambda _: rng.random())))


def change_zip(members: Members, rng: np.random.Generator) -> bytes:
    """The central directory lies: about sizes, methods, flags, names, offsets; or what is packed is a bomb."""
    if rng.random() < 0.2:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (members | {one(members, rng): bytes(int(rng.integers(10**5, 3 * 10**7)))}).items():
                archive.writestr(name, data)
        return file.getvalue()
    file = bytearray(packed(members))
    places = [found.start() for found in re.finditer(b"PK\x01\x02", file)]
    at = one(places, rng)
    field, form = one(
        [(8, "<H"), (10, "<H"), (16, "<I"), (20, "<I"), (24, "<I"), (28, "<H"), (30, "<H"), (42, "<I")], rng
    )
    value = one(
        [0, 1, 2, 8, 12, 14, 99, 0xFFFF, int(rng.integers(2**16)), *([2**31, 2**32 - 1] if form == "<I" else [])], rng
    )
    struct.pack_into(form, file, at + field, value)
    return bytes(file)


# ---- arrays


def change_dtype(members: Members, rng: np.random.Generator) -> Members:
    name = one(arrays_in(members), rng)
    array = array_of(members[name])
    with np.errstate(all="ignore"):
        other = array.astype(one(DTYPES, rng))
    return members | {name: bytes_of(other)}


def change_shape(members: Members, rng: np.random.Generator) -> Members:
    name = one(arrays_in(members), rng)
    array = array_of(members[name])
    choices = [array[:-1], array[1:], array[None], array[..., None], array.ravel(), array.T,
               np.concatenate([array, array]), array[:1], array[:0], array.reshape(-1)[:1].reshape(()),
               np.asfortranarray(array)]  # fmt: skip
    return members | {name: bytes_of(one(choices, rng))}


def change_numbers(members: Members, rng: np.random.Generator) -> Members:
    name = one(arrays_in(members), rng)
    array = array_of(members[name]).copy()
    if array.size:
        with np.errstate(all="ignore"):
            array.reshape(-1)[rng.integers(array.size)] = one([np.nan, np.inf, -np.inf, 1e38, -1.0, 0.5, 1e-45], rng)
    return members | {name: bytes_of(array)}


def change_header(members: Members, rng: np.random.Generator) -> Members:
    name = one(members, rng)
    data = members[name]
    end = 10 + int.from_bytes(data[8:10], "little")
    text = data[10:end]
    shape, dtype = rb"\([^)]*\)", rb"'<?\|?[a-z]\d'"
    swaps = [(shape, b"(1000000000000, 1000000000)"), (shape, b"(-1,)"), (shape, b"(1, 2, 3, 4)"), (shape, b"()"),
             (rb"False", b"True"), (dtype, b"'|O'"), (dtype, b"'<f8'"), (dtype, b"[('a', '<f4')]"),
             (rb"\{", b"[" * 300), (rb"'shape'", b"'shapes'"), (rb"\}", b", 'x': 1}"),
             (rb"\(", b"(9**9**9**9, ")]  # fmt: skip
    if rng.random() < 0.7:
        pattern, new = one(swaps, rng)
        text = re.sub(pattern, new.replace(b"\\", b"\\\\"), text, count=1)
    else:
        changed = bytearray(text)
        changed[rng.integers(len(changed))] = rng.integers(256)
        text = bytes(changed)
    length = len(text) if rng.random() < 0.9 else int(rng.integers(2**16))
    version = data[6:8] if rng.random() < 0.9 else bytes(rng.integers(0, 4, 2).tolist())
    return members | {name: data[:6] + version + struct.pack("<H", length) + text + data[end:]}


# ---- settings


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every leaf, and of every list and dict."""
    found = [path] if path else []
    if isinstance(tree, (dict, list)):
        for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
            found += leaves(part, (*path, key))
    return found


def change_settings(members: Members, rng: np.random.Generator) -> Members:
    about = copy.deepcopy(json.loads(array_of(members["about.npy"]).tobytes()))
    path = one(leaves(about), rng)
    if rng.random() < 0.5:  # else long lists of values would get almost all of it
        path = one([p for p in leaves(about) if not isinstance(p[-1], int)], rng)
    tree = about
    for key in path[:-1]:
        tree = tree[key]
    key, what = path[-1], rng.integers(8)
    if what == 0:
        del tree[key]
    elif what == 1:
        tree[key] = leaf_near(tree[key], rng)
    elif what == 2 and isinstance(tree, dict):
        tree[one(["x", "__class__", "fit", "ids", "towers", "__dict__", "size"], rng)] = tree[key]
    elif what == 3 and isinstance(tree, list):
        tree.append(copy.deepcopy(tree[key]))
    elif what == 4:
        tree[key] = copy.deepcopy(part_of(about, rng))
    elif what == 5:
        tree[key] = leaf_near(tree[key], rng)
    else:
        tree[key] = one(ODD, rng)
    text = json.dumps(about).encode()
    if rng.random() < 0.05:
        text = one(
            [text[:-1], b"[" * 100_000, text.replace(b"{", b'{"version": 3, ', 1), b"\xff" + text, b"", b"null"], rng
        )
    return members | {"about.npy": bytes_of(np.frombuffer(text, np.uint8))}


def part_of(about: Any, rng: np.random.Generator) -> Any:
    for key in one(leaves(about), rng):
        about = about[key]
    return about


def leaf_near(value: Any, rng: np.random.Generator) -> Any:
    """Another value of the same type, near the old one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + one([-2, -1, 1, 2, 100], rng)
    if isinstance(value, float):
        return one([value + 1, -value, value * 2, value + 1e-9], rng)
    if isinstance(value, str):
        return one([value + "x", value[:-1], value.upper(), value.lower()], rng)
    if isinstance(value, list):
        return one([value[::-1], value[:-1], value + value[:1], value * 2], rng)
    if isinstance(value, dict):
        return dict(list(value.items())[:-1])
    return one(ODD, rng)


KINDS: dict[str, Callable[..., Any]] = {
    "bytes": change_bytes,
    "cuts": cut,
    "members": change_members,
    "zip": change_zip,
    "dtypes": change_dtype,
    "shapes": change_shape,
    "numbers": change_numbers,
    "headers": change_header,
    "settings": change_settings,
}
