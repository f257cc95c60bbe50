"""The service: a swap while requests come loses none of them, and no answer mixes two models."""

import threading

import numpy as np

from widedeep.serve.requests import Refused
from widedeep.serve.served import Served
from widedeep.serve.service import Limits, Service

from .conftest import incomes


def one(row):
    return {name: [value] for name, value in row.items()}


def test_answers_say_which_model_gave_them(table_served, row):
    service = Service(table_served)
    found, version = service.queue.put("predict", one(row)).result(10)
    assert found == table_served.predict(one(row)) and version == table_served.version
    assert service.health()["status"] == "ok"
    service.close()
    assert service.health()["status"] == "closing"


def test_a_swap_under_load_loses_nothing(table_served, check, row):
    better = Served(*incomes(3, seed=1), name="incomes")
    logged = []
    service = Service(table_served, Limits(waiting=5_000), lambda: better, check, 0.05,
                      log=lambda *what, **facts: logged.append((what, facts)))  # fmt: skip
    want = {served.version: served.predict(one(row))[0] for served in (table_served, better)}
    answers, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            answers.append(service.queue.put("predict", one(row)).result(10))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(answers) < 50:
        pass
    found = service.swap()
    n = len(answers)
    while len(answers) < n + 50:
        pass
    stop.set()
    for thread in threads:
        thread.join()
    assert found.accepted and service.served is better
    assert {version for _, version in answers} == set(want)
    for (p,), version in answers:
        np.testing.assert_allclose(p, want[version], rtol=1e-6)
    assert answers[-1][1] == better.version
    assert logged[-1][0] == ("info", "swap") and logged[-1][1]["to"] == better.version
    service.close()


def test_a_refused_swap_changes_nothing(table_served, good, check):
    worse = good[0].astype(np.float32)
    worse.b = worse.b + 1
    service = Service(table_served, renew=lambda: Served(worse, good[1]), check=check)
    assert not service.swap().accepted and service.served is table_served
    assert service.health()["last_swap"]["why"].startswith("worse")
    assert service.metrics.swaps["refused"] == 1
    service.close()


def test_whatever_loading_raises_is_a_refusal(table_served, check):
    def broken():
        raise OSError("cut short")

    for renew, said in ((broken, "cannot be loaded: cut short"), (None, "no file"), (lambda: table_served, "already")):
        service = Service(table_served, renew=renew, check=check)
        found = service.swap()
        assert not found.accepted and said in found.why and service.served is table_served
        service.close()


def test_refusals_go_through_the_queue(table_served, row):
    service = Service(table_served)
    try:
        service.queue.put("explain", one(row | {"capital_gain": -5})).result(10)
    except Refused as refused:
        assert refused.field == "rows.capital_gain"
    else:
        raise AssertionError("an answer for a gain of -5")
    service.close()
