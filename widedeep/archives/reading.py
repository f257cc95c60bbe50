"""Reading an archive: its settings and its arrays, or one ValueError that says what is wrong with it.

    the zip's own sizes  ->  settings against the schema  ->  headers against the settings  ->  arrays  ->  digest

Read before: versions.py        Read next: saving.py
"""
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.archives.arrays import model, values
from widedeep.archives.digest import NAME, digest
from widedeep.archives.members import Members
from widedeep.archives.schema import Unfit, check, want, whole
from widedeep.archives.tables import any_encoder
from widedeep.archives.versions import SEALED, VERSION, up_to_date

About = dict[str, Any]
Checks = Callable[[About, Mapping[str, Any]], None]


def read(path: Any) -> tuple[About, dict[str, Array]]:
    """(settings, arrays) of an archive of widedeep.save.

    path : a Path, or a file open for reading bytes        Raises OSError, or ValueError with the path and the cause.
    """
    with nullcontext(path) if hasattr(path, "read") else open(path, "rb") as file:
        return whole_or_not(path, "widedeep.save", lambda: members_of(file, check_model, values))


def members_of(file: Any, fits: Checks, fine: Callable[[About, str, Array], None]) -> tuple[About, dict[str, Array]]:
    """fits : checks settings and headers, before any array is read        fine : checks the numbers of one array"""
    members = Members(file)
    about, headers = members.settings("about"), dict(members.headers)
    want(isinstance(about, dict) and "version" in about, "about", about, "settings with a version")
    whole(1)(about["version"], "version")
    if about["version"] > VERSION:
        raise Newer(f"written by a newer version of this package (archive version {about['version']}, this one reads "
                    f"up to {VERSION}); update the package")
    sealed = about["version"] >= SEALED
    if about["version"] == 1:
        about = up_to_date(about)
    want((NAME in headers) == sealed, NAME, "there" if NAME in headers else "missing",
         f"a digest from version {SEALED} on, and version {about['version']}")
    fits(about, {name: header for name, header in headers.items() if name not in ("about", NAME)})
    arrays = {name: members.array(name) for name in headers}
    if sealed and not np.array_equal(arrays.pop(NAME), digest(arrays)):
        raise Unfit("the digest over all members is another: parts were changed, or exchanged with another archive's")
    del arrays["about"]
    for name, array in arrays.items():
        fine(about, name, array)
    return about, arrays


class Newer(Unfit):
    """Not damaged: of another time."""


def whole_or_not(path: Any, writer: str, read_it: Callable[[], Any]) -> Any:
    """What read_it returns; whatever it raises as a ValueError that names the file."""
    try:
        return read_it()
    except Newer as error:
        raise ValueError(f"{path}: {error}") from None
    except Unfit as error:
        raise ValueError(f"{path}: damaged, or not an archive of {writer}: {error}") from None
    except Exception as error:                                      # a broken zip can raise anything at all
        raise ValueError(f"{path}: not a whole archive of {writer} ({error}); "
                         "was it cut short while copying?") from error


def check_model(about: About, arrays: Mapping[str, Any]) -> None:
    """Raise Unfit unless settings and arrays are those of one model, its encoder and its optimizers."""
    if "checkpoint" in about:
        raise Unfit("a checkpoint of a run that is under way, no model; want fit(..., checkpoint=Checkpoint(FILE))")
    its = dict.fromkeys(("version", "dtype", "encoder", "optimizers", "towers"), anything)
    check(about, "about", its | ({"head": anything} if "head" in about else {}))
    model(about, arrays, any_encoder(about["encoder"], "encoder"))


def anything(value: Any, where: str) -> None:
    """Checked elsewhere."""


def sealed(about: About, arrays: Mapping[str, Array], fits: Checks, fine: Callable[[About, str, Array], None]
           ) -> dict[str, Array]:
    """All members of a file that members_of will read: what cannot be read is never written."""
    text = json.dumps(about, default=np.generic.item)               # NumPy's numbers among the settings
    about = json.loads(text)
    fits(about, arrays)
    for name, array in arrays.items():
        fine(about, name, array)
    members = {**arrays, "about": np.frombuffer(text.encode(), np.uint8)}
    return members | {NAME: digest(members)}
