"""The service: the model of the moment, its queue, and how another one takes its place.

A swap is one assignment: a batch that is being computed ends on the old model, the next one begins on the new model,
and no request is lost.  Before it stands the dry run.

Read before: queue.py, swap.py        Read next: page.py
"""
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from widedeep.serve.logs import Log, nothing, where
from widedeep.serve.metrics import Metrics
from widedeep.serve.queue import RequestQueue
from widedeep.serve.served import Served
from widedeep.serve.swap import Check, DryRun, dry_run


@dataclass(frozen=True)
class Limits:
    """waiting : requests in the queue        threads : that compute        together : rows of a batch
    timeout : seconds in the queue and its computation        body : bytes        rows : of a request
    explained : rows of /explain        upload : seconds that a body may take to arrive
    """

    waiting: int = 512
    threads: int = 1
    together: int = 512
    timeout: float = 5.0
    body: int = 2 ** 20
    rows: int = 1_000
    explained: int = 100
    upload: float = 10.0


class Service:
    """served : the first model        renew : makes the next one, from the file as it is now; None: it never changes
    check : the rows of the dry run        slack : nats that a new model may be worse
    """

    def __init__(self, served: Served, limits: Limits | None = None, renew: Callable[[], Served] | None = None,
                 check: Check | None = None, slack: float = 0.0, log: Log = nothing):
        self.served, self.limits, self.renew, self.check = served, limits or Limits(), renew, check
        self.slack, self.log, self.metrics = slack, log, Metrics()
        self.last_swap: dict[str, Any] | None = None
        self.swapping = threading.Lock()
        of = self.limits
        self.queue = RequestQueue(self.compute, of.waiting, of.together, of.threads, of.timeout, self.metrics.computed)

    def compute(self, kind: str, payloads: Sequence[Any]) -> list[Any]:
        """The queue's threads come here.  Each answer says which model gave it."""
        served = self.served                                        # one model for the whole batch
        answers = (served.predict_together(payloads) if kind == "predict" else
                   [getattr(served, kind)(payload) for payload in payloads])
        return [answer if isinstance(answer, Exception) else (answer, served.version) for answer in answers]

    def swap(self) -> DryRun:
        """Load the model's file again; if its dry run is not worse it answers from now on.  Never raises."""
        with self.swapping:
            try:
                found, new = self.try_new()
            except Exception as error:                              # a file cut short, a shop that does not fit
                found, new = DryRun(False, f"the new model cannot be loaded: {error} ({where(error)})"[:300]), None
            was = self.served.version
            if found.accepted and new is not None:
                self.served = new
            self.last_swap = {**found._asdict(), "from": was, "to": self.served.version}
            self.metrics.swapped(found.accepted)
            self.log("info" if found.accepted else "warning", "swap", **self.last_swap)
            return found

    def try_new(self) -> tuple[DryRun, Served | None]:
        if self.renew is None:
            return DryRun(False, "this service has no file to load again"), None
        new = self.renew()
        if new.version == self.served.version:
            return DryRun(False, "the file holds the model that answers already"), None
        return dry_run(self.served, new, self.check, self.slack), new

    def health(self) -> dict[str, Any]:
        """What /health says."""
        return {"status": "closing" if self.queue.closed else "ok", "model": self.served.version,
                "name": self.served.name, "waiting": len(self.queue.waiting), "last_swap": self.last_swap}

    def close(self) -> None:
        """Those who wait are answered; nobody else is."""
        self.queue.close()
