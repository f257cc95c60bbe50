"""Members: the arrays in an archive, read within bounds that the length of the file sets.

An .npz is a zip of .npy files: a header in text and then the bytes.  A stranger's file may claim anything.  So nothing
that it claims is believed before it agrees with the rest: no name stands twice, members lie side by side inside the
file, none is more than 1,032 times as long as what it was packed into (deflate cannot do more), and a header's shape
and dtype give exactly the bytes that are there.  The header is matched, never evaluated, and nothing is unpickled.

Read before: files.py        Read next: digest.py
"""
import json
import re
import zipfile
from math import prod
from typing import IO, Any, NamedTuple

import numpy as np

from perceptron.activations import Array
from widedeep.archives.schema import Unfit

DEFLATE = 1032                                          # deflate's greatest ratio
TEXT, RATIO = 1 << 24, 200                              # settings: at most 16 MiB, or 200 times their packed length
ENTRY, END = 30, 22                                     # bytes of a local header without its name; of the end
HEADER = re.compile(rb"\x93NUMPY\x01\x00..\{'descr': '([<>|][fiu]\d{1,2})', 'fortran_order': (True|False), "
                    rb"'shape': \(((?:\d{1,18}(?:, \d{1,18}){0,7},?)?)\), \} *\n", re.DOTALL)


class Header(NamedTuple):
    """What an array says of itself, and the length of the text in which it does."""

    dtype: np.dtype[Any]                                # in this machine's order of bytes
    shape: tuple[int, ...]
    stored: np.dtype[Any]                               # in the file's
    fortran: bool
    length: int


class Members:
    """file : open for reading bytes.  Raises Unfit, or whatever a broken zip raises."""

    def __init__(self, file: IO[bytes]):
        self.zip = zipfile.ZipFile(file)
        file.seek(-END, 2)
        if not re.fullmatch(rb"PK\x05\x06.{16}\0\0", file.read(END), re.DOTALL):
            raise Unfit("something stands behind its end")
        inside = self.zip.infolist()
        self.infos = {info.filename.removesuffix(".npy"): info for info in inside}
        names = [info.filename for info in inside]
        if len(self.infos) < len(names):
            raise Unfit(f"the member {next(name for name in names if names.count(name) > 1)!r} stands in it twice")
        end = 0
        for info in sorted(inside, key=lambda info: info.header_offset):
            check_entry(info, end)
            end = info.header_offset + ENTRY + len(info.filename.encode()) + info.compress_size
        if end > self.zip.start_dir:
            raise Unfit("its members reach beyond the end of the file")
        self.headers = {name: self.header(name) for name in self.infos}

    def header(self, name: str) -> Header:
        info = self.infos[name]
        with self.zip.open(info) as stream:
            start = stream.read(10)
            start += stream.read(min(int.from_bytes(start[8:10], "little"), 1024))
        found = HEADER.fullmatch(start)
        if not found:
            raise Unfit(f"the member {name!r} is no plain array of numbers")
        try:
            dtype = np.dtype(found[1].decode())
        except TypeError:
            raise Unfit(f"the member {name!r} is of {found[1].decode()}, which this machine has not") from None
        shape = tuple(int(part) for part in found[3].decode().split(",") if part.strip())
        if info.file_size != len(start) + prod(shape) * dtype.itemsize:
            raise Unfit(f"the member {name!r} says {shape} of {dtype}, and has {info.file_size - len(start)} bytes")
        return Header(dtype.newbyteorder("="), shape, dtype, found[2] == b"True", len(start))

    def array(self, name: str) -> Array:
        """Read whole, each byte checked against the zip's own checksum."""
        dtype, shape, stored, fortran, length = self.headers[name]
        flat = np.empty(prod(shape), stored)
        view = memoryview(flat.view(np.uint8).data) if flat.size else memoryview(bytearray())
        with self.zip.open(self.infos[name]) as stream:
            stream.read(length)
            at = 0
            while chunk := stream.read(1 << 20):
                view[at:at + len(chunk)] = chunk        # raises if there are more bytes than was said
                at += len(chunk)
        if at < len(view):
            raise Unfit(f"the member {name!r} ends after {at} of {len(view)} bytes")
        flat = flat.astype(dtype, copy=False)
        return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)

    def settings(self, name: str) -> Any:
        """The JSON in an array of bytes; a name that stands twice is refused."""
        if name not in self.headers:
            raise Unfit(f"it holds {sorted(self.headers)[:5]}, and no {name!r}")
        info, header = self.infos[name], self.headers[name]
        if header.dtype != np.uint8 or len(header.shape) != 1:
            raise Unfit(f"{name!r} is {header.shape} of {header.dtype}; want bytes")
        if info.file_size > max(TEXT, RATIO * info.compress_size):
            raise Unfit(f"{name!r} unpacks to {info.file_size:,} bytes, from {info.compress_size:,}")
        try:
            return json.loads(self.array(name).tobytes(), object_pairs_hook=once)
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise Unfit(f"{name!r} is no JSON ({error})") from None


def check_entry(info: zipfile.ZipInfo, end: int) -> None:
    """An entry that begins behind the one before it, plainly stored or deflated, of a possible length."""
    name = info.filename
    if not name.endswith(".npy"):
        raise Unfit(f"the member {name!r} is no array")
    if info.flag_bits & ~0x808 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unfit(f"the member {name!r} is encrypted, or packed in another way than deflate")
    if info.header_offset < end or (end == 0 and info.header_offset):
        raise Unfit(f"the member {name!r} overlaps another, or something stands before it")
    packed = info.compress_size
    if info.file_size > (packed if info.compress_type == zipfile.ZIP_STORED else DEFLATE * packed):
        raise Unfit(f"the member {name!r} claims {info.file_size:,} bytes, packed into {packed:,}")


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise Unfit(f"the setting {next(name for name in names if names.count(name) > 1)!r} stands in it twice")
    return found

