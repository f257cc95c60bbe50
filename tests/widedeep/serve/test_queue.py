"""The queue: in order, together, bounded, in time, and to its end."""

import asyncio
import threading

import pytest

from widedeep.serve.queue import Full, RequestQueue, TooLate


class Slow:
    """Computes when told to, and remembers what it was given together."""

    def __init__(self):
        self.go, self.began, self.seen = threading.Event(), threading.Event(), []

    def __call__(self, kind, payloads):
        self.seen.append((kind, list(payloads)))
        self.began.set()
        assert self.go.wait(10)
        return [ValueError("odd") if payload == "bad" else payload for payload in payloads]


def test_what_waits_together_is_computed_together_up_to_the_most_rows():
    slow = Slow()
    queue = RequestQueue(slow, most_rows=5)
    answers = [queue.put("predict", "first")]
    assert slow.began.wait(10)
    answers += [queue.put("predict", n, rows=2) for n in range(3)]
    answers += [queue.put("explain", "x"), queue.put("explain", "y"), queue.put("predict", "last")]
    slow.go.set()
    assert [answer.result(10) for answer in answers] == ["first", 0, 1, 2, "x", "y", "last"]
    assert slow.seen == [("predict", ["first"]), ("predict", [0, 1]), ("predict", [2]), ("explain", ["x"]),
                         ("explain", ["y"]), ("predict", ["last"])]  # fmt: skip
    queue.close()


def test_beyond_its_bound_it_is_full_at_once():
    slow = Slow()
    queue = RequestQueue(slow, most=2)
    answers = [queue.put("predict", "computed")]
    assert slow.began.wait(10)
    answers += [queue.put("predict", 1), queue.put("predict", 2)]
    with pytest.raises(Full):
        queue.put("predict", 3)
    slow.go.set()
    assert [answer.result(10) for answer in answers] == ["computed", 1, 2]
    queue.close()
    with pytest.raises(Full):
        queue.put("predict", 4)


def test_an_answer_that_is_an_error_is_that_requests_alone():
    slow = Slow()
    queue = RequestQueue(slow)
    answers = [queue.put("predict", payload) for payload in ("a", "bad", "b")]
    slow.go.set()
    assert answers[0].result(10) == "a" and answers[2].result(10) == "b"
    with pytest.raises(ValueError, match="odd"):
        answers[1].result(10)
    queue.close()


def test_a_computation_that_fails_does_not_end_the_thread():
    def fail(kind, payloads):
        if kind == "explain":
            raise RuntimeError("broken")
        return payloads

    queue = RequestQueue(fail)
    with pytest.raises(RuntimeError, match="broken"):
        queue.put("explain", 1).result(10)
    assert queue.put("predict", 2).result(10) == 2
    queue.close()


def test_who_waits_too_long_is_told_and_not_computed():
    slow = Slow()
    queue = RequestQueue(slow, timeout=0.2)

    async def ask():
        first = asyncio.create_task(queue.ask("predict", "first"))
        await asyncio.to_thread(slow.began.wait, 10)
        with pytest.raises(TooLate):
            await queue.ask("explain", "late")
        slow.go.set()
        with pytest.raises(TooLate):
            await first

    asyncio.run(ask())
    queue.close()
    assert slow.seen == [("predict", ["first"])]


def test_closing_answers_all_who_wait():
    slow = Slow()
    queue = RequestQueue(slow, most_rows=1, threads=2)
    answers = [queue.put("predict", n) for n in range(50)]
    slow.go.set()
    queue.close()
    assert [answer.result(0) for answer in answers] == list(range(50))
    assert not any(thread.is_alive() for thread in queue.threads)


def test_counts_are_reported():
    seen = []
    queue = RequestQueue(lambda kind, payloads: payloads, seen=lambda *facts: seen.append(facts))
    queue.put("predict", 1, rows=7).result(10)
    assert seen == [("predict", 1, 7)]
    queue.close()


@pytest.mark.parametrize("wrong", [{"most": 0}, {"threads": 0}, {"timeout": float("nan")}, {"most_rows": -1}])
def test_bounds_are_above_zero(wrong):
    with pytest.raises(ValueError, match="want more than 0"):
        RequestQueue(lambda kind, payloads: payloads, **wrong)
