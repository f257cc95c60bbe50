"""Going on: the trained models of a search, kept in a file while it runs.

    widedeep train people.csv --label income --checkpoint search.npz            killed after some models
    widedeep train people.csv --label income --checkpoint search.npz --resume   goes on with the next one

After every model the file is written anew, beside the last one, and renamed (archives/files.py).  A model that is in
it comes back to the byte, and is not trained again; the one that was under way is trained from its beginning, with the
seconds that were left.  What the search makes of its models is the same, bit for bit.  How long a model may train
depends on the clock, as it does without a kill: a budget that is ample, not a tight one, gives the same model again.

Read before: search.py        Read next: table_model.py
"""
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.archives.files import write_beside
from widedeep.archives.reading import About, members_of, sealed, whole_or_not
from widedeep.archives.schema import Unfit, check, exactly, listing, number, text, want, whole
from widedeep.archives.versions import VERSION
from widedeep.auto.candidates import Candidate
from widedeep.auto.search import Clock, Member
from widedeep.saving import write_arrays
from widedeep.training.checkpoint import digest_of, finite

ONE = {"candidate": text, "repeat": whole(), "fold": whole(), "loss": number(), "epochs": whole(1),
       "seconds": number(0)}


class Kept:
    """path : of the file        resume : go on from it; a file that is there is refused otherwise"""

    def __init__(self, path: Any, resume: bool = False):
        self.path, self.resume = Path(path), resume
        if self.path.exists() and not resume:
            raise ValueError(f"--checkpoint {path}: is there already; want --resume, to go on from it, or another name")
        self.about: list[dict[str, Any]] = []
        self.arrays: dict[str, Array] = {}

    def begin(self, run: Any, clock: Clock) -> int:
        """How many models are there; the clock goes on where it stood.   run : all that the search depends on

        Raises ValueError for a file that is damaged, or of another search.
        """
        self.run, self.clock = digest_of(run), clock
        if not self.path.exists():
            return 0
        with open(self.path, "rb") as file:
            about, arrays = whole_or_not(self.path, "train --checkpoint", lambda: members_of(file, self.fits, finite))
        self.about, self.arrays = about["members"], arrays
        clock.end = time.perf_counter() + about["left"]
        return len(self.about)

    def fits(self, about: About, headers: Mapping[str, Any]) -> None:
        """Raise Unfit unless it is a checkpoint of this search."""
        check(about, "about", {"version": whole(1), "search": text, "left": number(),
                               "members": listing(lambda its, where: check(its, where, ONE))})
        if about["search"] != self.run:
            raise Unfit("of another search: other rows, columns, settings, or another --seed; hand train what it had "
                        "then, or remove the file to begin anew")
        places = {name.split("/")[0] for name in headers}
        want(places == set(map(str, range(len(about["members"])))), "members", sorted(places), "those of the list")

    def find(self, candidate: Candidate, repeat: int, fold: int, shape: tuple[int, int], build: Any
             ) -> tuple[Member, float] | None:
        """(a model that is in the file, the seconds that it took), or None.

        shape : of its net sums of the rows left out        build : makes a model to be filled
        """
        for i, its in enumerate(self.about):
            if (its["candidate"], its["repeat"], its["fold"]) == (candidate.name, repeat, fold):
                model = build()
                weights = dict(flatten(model.params()))
                saved = {name.removeprefix(f"{i}/params/"): w for name, w in self.arrays.items()
                         if name.startswith(f"{i}/params/")}
                exactly(sorted(weights))(sorted(saved), f"{self.path}: arrays of {candidate.name}")
                for name, w in weights.items():
                    want((w.shape, w.dtype) == (saved[name].shape, saved[name].dtype), f"{self.path}: {name}",
                         (saved[name].shape, str(saved[name].dtype)), f"{w.shape} of {w.dtype}")
                    w[...] = saved[name]
                z = self.arrays[f"{i}/z"]
                want(z.shape == shape, f"{self.path}: {i}/z", z.shape, str(shape))
                return Member(candidate, model, fold, z, its["loss"], its["epochs"]), its["seconds"]
        return None

    def add(self, member: Member, repeat: int, seconds: float) -> None:
        """Write the file anew, with one model more.  Raises OSError."""
        i = len(self.about)
        self.about.append({"candidate": member.candidate.name, "repeat": repeat, "fold": member.fold,
                           "loss": member.loss, "epochs": member.epochs, "seconds": seconds})
        self.arrays |= {f"{i}/params/{name}": w.copy() for name, w in flatten(member.model.params())}
        self.arrays[f"{i}/z"] = member.z
        about = {"version": VERSION, "search": self.run, "left": self.clock.left(), "members": self.about}
        members = sealed(about, self.arrays, self.fits, finite)
        write_beside(self.path, lambda beside: write_arrays(beside, members))
