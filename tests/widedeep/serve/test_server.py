"""The server, as a process of its own: port, load, large bodies, signals, end."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from widedeep import save

pytest.importorskip("uvicorn", reason="serving wants pip install 'widedeep[serve]'")
pytest.importorskip("fastapi", reason="serving wants pip install 'widedeep[serve]'")
from widedeep.serve.server import listen  # noqa: E402

ROOT = Path(__file__).parents[3]


class Running:
    """python -m widedeep.serve ... on a port that is free; its log in a file, since a pipe that nobody reads fills."""

    def __init__(self, *arguments):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "widedeep.serve", *map(str, arguments), "--port", "0"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip
        line = self.process.stdout.readline()
        found = re.match(r"http://127.0.0.1:(\d+)/  serves ", line)
        assert found, line
        self.port = int(found[1])

    def ask(self, path, data=None, headers=None, timeout=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        body = json.dumps(data).encode() if isinstance(data, dict) else data
        connection.request("POST" if body is not None else "GET", path, body,
                           headers or {"Content-Type": "application/json"})  # fmt: skip
        reply = connection.getresponse()
        found = reply.status, json.loads(reply.read())
        connection.close()
        return found

    def end(self, number=signal.SIGTERM):
        """(code, lines of the log)"""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=30)
        self.log.seek(0)
        with self.log:
            return self.process.returncode, [json.loads(line) for line in self.log]


@pytest.fixture
def archive(tmp_path, good):
    return save(tmp_path / "model.npz", *good)


@pytest.fixture
def check_file(tmp_path, check):
    path = tmp_path / "check.json"
    rows = [dict(zip(check.table, (value.item() for value in values))) for values in zip(*check.table.values())]
    path.write_text(json.dumps([row | {"rich": int(label)} for row, label in zip(rows, check.labels[:, 0])]))
    return path


def test_it_answers_and_ends_with_code_0(archive, table_served, row):
    running = Running(archive)
    status, found = running.ask("/predict", {"rows": [row]})
    assert status == 200
    assert found["probabilities"] == table_served.predict({name: [value] for name, value in row.items()})
    code, log = running.end()
    assert code == 0 and [line["event"] for line in log] == ["start", "request", "stop"]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGINT for another process")
def test_ctrl_c_ends_it_too(archive):
    code, log = Running(archive).end(signal.SIGINT)
    assert code == 0 and log[-1]["event"] == "stop"


def test_a_port_in_use_is_one_line(archive):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(ValueError, match=f"--host 127.0.0.1 --port {port}: .*is another server running"):
            listen("127.0.0.1", int(port))
        done = subprocess.run([sys.executable, "-m", "widedeep.serve", str(archive), "--port", port], cwd=ROOT,
                              capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert re.fullmatch(rf"error: --host 127.0.0.1 --port {port}: .*choose another --port.*\n", done.stderr)


def test_a_hundred_megabytes_are_413_and_nothing_is_lost(archive, row):
    running = Running(archive)
    assert running.ask("/predict", bytes(100_000_000))[0] == 413
    assert running.ask("/predict", {"rows": [row]})[0] == 200
    with open(f"/proc/{running.process.pid}/status") if os.path.exists("/proc") else open(os.devnull) as file:
        peak = re.search(r"VmHWM:\s+(\d+)", file.read())
    assert peak is None or int(peak[1]) < 300_000  # kilobytes: the body was not kept
    code, log = running.end()
    assert code == 0 and [line["status"] for line in log if line["event"] == "request"] == [413, 200]


def test_a_body_that_never_comes_and_a_client_that_leaves(archive, row):
    running = Running(archive)
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 100\r\n\r\n{")  # fmt: skip
    assert running.ask("/predict", {"rows": [row]})[0] == 200
    code, log = running.end()
    assert code == 0 and {line["status"] for line in log if line["event"] == "request"} == {200, 499}


def test_many_at_once_without_an_error(archive, row):
    """60 connections for 2 seconds; python -m benchmarks serving holds 200 for 30."""
    running = Running(archive)
    end = time.monotonic() + 2

    def load(_):
        statuses, connection = [], http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        while not statuses or time.monotonic() < end:
            connection.request("POST", "/predict", json.dumps({"rows": [row]}), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            assert 0 < json.loads(reply.read())["probabilities"][0] < 1
            statuses.append(reply.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(60) as pool:
        statuses = [status for found in pool.map(load, range(60)) for status in found]
    assert set(statuses) == {200} and len(statuses) >= 60
    code, log = running.end()
    assert code == 0 and sum(line.get("path") == "/predict" for line in log) == len(statuses)


def test_the_end_waits_for_those_who_were_asked(archive, row):
    """Requests that were sent before SIGTERM get their answers."""
    running = Running(archive)
    answers = []

    def ask():
        answers.append(running.ask("/explain", {"rows": [row] * 100})[0])

    assert running.ask("/health")[0] == 200
    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    while not answers and time.monotonic() < end:
        time.sleep(0.002)
    waiting = running.ask("/health")[1]["waiting"]
    code, log = running.end()
    for thread in threads:
        thread.join()
    assert waiting > 0 and answers == [200] * 20 and code == 0 and log[-1]["event"] == "stop"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_sighup_swaps_the_model_after_its_dry_run(archive, good, check_file, row):
    running = Running(archive, "--check", check_file, "--label", "rich")
    first = running.ask("/health")[1]["model"]

    def swap(by):
        other = good[0].astype("float32")
        other.b = other.b + by
        save(archive, other, good[1])
        before = running.ask("/health")[1]["last_swap"]
        running.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while (found := running.ask("/health")[1])["last_swap"] == before and time.monotonic() < end:
            assert running.ask("/predict", {"rows": [row]})[0] == 200
        return found

    refused = swap(1.0)
    assert refused["model"] == first and refused["last_swap"]["why"].startswith("worse")
    shift = min((-0.02, 0.02), key=lambda by: loss(good, check_file, by))
    accepted = swap(shift)
    assert accepted["last_swap"]["accepted"] and accepted["model"] != first
    assert running.ask("/predict", {"rows": [row]})[1]["model"] == accepted["model"]
    assert running.end()[0] == 0


def loss(good, check_file, by):
    import numpy as np

    model, encoder = good
    rows = json.loads(check_file.read_text())
    z = model.logits(encoder.encode(rows))[:, 0].astype(float) + by
    y = np.array([row["rich"] for row in rows])
    return np.mean(np.logaddexp(0, z) - y * z)
