"""The queue: bounded, first come first served; prediction requests that wait together are computed together.

    a request comes while `most` wait       Full, at once: 503, come again
    it waits longer than `timeout`          TooLate: 504, and nobody computes it any more

Batching needs no waiting for company: while one batch is computed, the next one gathers by itself.

Read before: served.py        Read next: metrics.py
"""
import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple


class Full(Exception):
    """As many requests wait as may."""


class TooLate(Exception):
    """The request waited longer than it may, or its answer took longer."""


class Job(NamedTuple):
    kind: str                                           # "predict" may be joined, everything else goes alone
    payload: Any
    rows: int
    answer: "Future[Any]"
    until: float


class RequestQueue:
    """compute : (kind, payloads) -> an answer for each, an exception among them is that request's answer
    most : requests that may wait        most_rows : of a batch        threads : that compute        timeout : seconds
    """

    def __init__(self, compute: Callable[[str, Sequence[Any]], Sequence[Any]], most: int = 512, most_rows: int = 512,
                 threads: int = 1, timeout: float = 5.0, seen: Callable[[str, int, int], Any] = lambda *_: None):
        for name, value in (("most", most), ("most_rows", most_rows), ("threads", threads), ("timeout", timeout)):
            if not value > 0:
                raise ValueError(f"RequestQueue: {name} {value}; want more than 0")
        self.compute, self.most, self.most_rows, self.timeout, self.seen = compute, most, most_rows, timeout, seen
        self.waiting: deque[Job] = deque()
        self.some = threading.Condition()
        self.closed = False
        self.threads = [threading.Thread(target=self.work, name=f"compute-{n}", daemon=True) for n in range(threads)]
        for thread in self.threads:
            thread.start()

    def put(self, kind: str, payload: Any, rows: int = 1) -> "Future[Any]":
        """The future answer.  Raises Full."""
        job = Job(kind, payload, rows, Future(), time.monotonic() + self.timeout)
        with self.some:
            if self.closed or len(self.waiting) >= self.most:
                raise Full
            self.waiting.append(job)
            self.some.notify()
        return job.answer

    async def ask(self, kind: str, payload: Any, rows: int = 1) -> Any:
        """The answer.  Raises Full, TooLate, or what the computation raised."""
        answer = self.put(kind, payload, rows)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), self.timeout)
        except TimeoutError:
            raise TooLate from None

    def take(self) -> list[Job]:
        """The next job, and those behind it that can be computed with it; [] when closed and empty."""
        with self.some:
            while not self.waiting:
                if self.closed:
                    return []
                self.some.wait()
            jobs = [self.waiting.popleft()]
            rows = jobs[0].rows
            while (jobs[0].kind == "predict" and self.waiting and self.waiting[0].kind == "predict"
                   and rows + self.waiting[0].rows <= self.most_rows):
                jobs.append(self.waiting.popleft())
                rows += jobs[-1].rows
            return jobs

    def work(self) -> None:
        while jobs := self.take():
            now = time.monotonic()
            for job in jobs:
                if job.until < now and job.answer.set_running_or_notify_cancel():
                    job.answer.set_exception(TooLate())
            jobs = [job for job in jobs if job.until >= now and job.answer.set_running_or_notify_cancel()]
            if not jobs:
                continue
            try:
                answers = self.compute(jobs[0].kind, [job.payload for job in jobs])
            except Exception as error:                              # this request's, and not the thread's end
                answers = [error] * len(jobs)
            self.seen(jobs[0].kind, len(jobs), sum(job.rows for job in jobs))
            for job, answer in zip(jobs, answers, strict=True):
                if isinstance(answer, Exception):
                    job.answer.set_exception(answer)
                else:
                    job.answer.set_result(answer)

    def close(self, seconds: float = 10.0) -> None:
        """No more requests; those that wait are answered."""
        with self.some:
            self.closed = True
            self.some.notify_all()
        for thread in self.threads:
            thread.join(seconds)
