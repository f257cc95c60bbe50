"""The digest: one number over every member, so that parts of two archives are never read as one.

A zip has a checksum for each member, and none for all of them: a member exchanged with its neighbour, or with that of
yesterday's archive, is as whole as before.  The digest covers names, dtypes, shapes and bytes of all members, settings
included.  It shows accidents and mixtures.  It is no signature: who means to deceive can compute it anew.

Read before: members.py        Read next: schema.py
"""
import json
from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from perceptron.activations import Array

NAME = "digest"


def digest(arrays: Mapping[str, Array]) -> Array:
    """(32,) uint8: BLAKE2b over the members but the digest itself, in the order of their names."""
    total = blake2b(digest_size=32)
    for name in sorted(arrays.keys() - {NAME}):
        array = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), copy=False)   # the same on every machine
        about = json.dumps([name, array.dtype.str, array.shape]).encode()
        total.update(len(about).to_bytes(8, "little") + about)
        total.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return np.frombuffer(total.digest(), np.uint8)
