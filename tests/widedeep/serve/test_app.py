"""The app: every route, and whatever may come in place of a request."""

import asyncio
import json
import threading
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="serving wants pip install 'widedeep[serve]'")
pytest.importorskip("httpx", reason="fastapi's test client wants pip install httpx")
from fastapi.testclient import TestClient  # noqa: E402

from widedeep.serve.app import make_app, read_body  # noqa: E402
from widedeep.serve.requests import Refused  # noqa: E402
from widedeep.serve.service import Limits, Service  # noqa: E402

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def client(table_served, lines):
    service = Service(table_served, Limits(body=20_000), log=lambda *what, **facts: lines.append((*what, facts)))
    with TestClient(make_app(service)) as client:
        yield client


@pytest.fixture(scope="module")
def store_client(people_served):
    with TestClient(make_app(Service(people_served))) as client:
        yield client


def test_predict_gives_the_models_probabilities(client, table_served, row):
    reply = client.post("/predict", json={"rows": [row, row | {"age": 20}]})
    table = {name: [value] * 2 for name, value in row.items()} | {"age": [41, 20]}
    assert reply.status_code == 200
    assert reply.json() == {"probabilities": table_served.predict(table), "model": table_served.version}


def test_explain_gives_terms_that_add_up(client, row):
    (found,) = client.post("/explain", json={"rows": [row]}).json()["explained"]
    reasons = found["reasons"]
    total = sum(term["weight"] for term in reasons["wide"]) + reasons["deep"] + reasons["bias"]
    assert total == pytest.approx(reasons["logit"], abs=1e-9) and 0 < found["probability"] < 1


def test_recommend(store_client, people_served):
    found = store_client.post("/recommend", json={"user": 7, "k": 3, "mix": 0}).json()
    assert [one["generalization"] for one in found["recommendations"]] == [0, 0, 0]
    assert found["model"] == people_served.version and found["n_liked"] > 0
    reply = store_client.post("/recommend", json={"likes": ["Bread Diary"], "about": {"age": 30}})
    assert reply.status_code == 200 and len(reply.json()["recommendations"]) == 10
    assert store_client.post("/recommend", json={"user": 10**9}).json()["error"]["field"] == "user"


@pytest.mark.parametrize(
    "path, body, status, field",
    [
        ("/predict", b"", 400, None),
        ("/predict", b"{", 400, None),
        ("/predict", b'{"rows": []}', 422, "rows"),
        ("/predict", b'{"rows": [{"age": NaN}]}', 422, "rows[0].education"),
        ("/predict", b'{"rows": [{"education": "x", "occupation": "y", "age": NaN}]}', 422, "rows[0].age"),
        ("/predict", b'{"rows": [{"education": "x", "occupation": "y", "age": 1e999}]}', 422, "rows[0].age"),
        ("/predict", b'{"rows": [{"salary": 1}]}', 422, "rows[0].salary"),
        ("/predict", b'{"rows": [' + b"{}," * 1_100 + b"{}]}", 422, "rows"),
        ("/explain", b'{"rows": [' + b"{}," * 100 + b"{}]}", 422, "rows"),
        ("/predict", b"[" * 15_000, 400, None),
        ("/predict", b" " * 20_001, 413, "body"),
        ("/recommend", b'{"user": 1}', 404, None),
        ("/predict", b'{"rows": [{"\\ud800": 1}]}', 422, "rows[0].?"),
    ],
)
def test_bad_input_is_one_answer_with_its_field(client, path, body, status, field):
    reply = client.post(path, content=body, headers=JSON)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert (error["status"], error["field"]) == (status, field) and 0 < len(error["message"]) < 400


def test_what_the_encoder_refuses_is_422_too(client, row):
    reply = client.post("/predict", json={"rows": [row | {"capital_gain": -5}]})
    assert reply.status_code == 422 and reply.json()["error"]["field"] == "rows.capital_gain"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_415(client, row, kind):
    reply = client.post("/predict", content=json.dumps({"rows": [row]}), headers={"Content-Type": kind})
    assert reply.status_code == 415 and reply.json()["error"]["field"] == "Content-Type"


def test_a_charset_does_no_harm(client, row):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/predict", content=json.dumps({"rows": [row]}), headers=headers).status_code == 200


def test_other_paths_and_methods(client):
    assert client.get("/nothing").json()["error"]["status"] == 404
    reply = client.get("/predict")
    assert reply.status_code == 405 and "want POST" in reply.json()["error"]["message"]
    assert client.post("/health").status_code == 405


def test_the_openapi_document_has_the_models_columns(client, table_served):
    document = client.get("/openapi.json").json()
    schema = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    row = schema["properties"]["rows"]["items"]
    assert list(row["properties"]) == [field.name for field in table_served.fields] == row["required"]
    assert client.post("/predict", json={"rows": [row["example"]]}).status_code == 200
    assert {"/predict", "/explain", "/recommend", "/health", "/metrics"} <= set(document["paths"])
    assert {"200", "413", "415", "422", "503", "504"} <= set(document["paths"]["/recommend"]["post"]["responses"])


def test_health_about_and_metrics(client, table_served, row):
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/about").json()["people"] is None

    def rows():
        found = [line.split() for line in client.get("/metrics").text.splitlines()]
        return next((int(line[1]) for line in found if line[0] == 'widedeep_rows_total{kind="predict"}'), 0)

    before = rows()
    client.post("/predict", json={"rows": [row] * 7})
    assert rows() == before + 7
    assert f'version="{table_served.version}"' in client.get("/metrics").text


def test_the_page_and_its_policy(client):
    reply = client.get("/")
    assert reply.headers["content-type"].startswith("text/html") and "<h1" in reply.text
    assert "connect-src 'self'" in reply.headers["content-security-policy"]


def test_every_request_is_one_line_without_its_values(client, lines, row):
    lines.clear()
    client.post("/predict", json={"rows": [row]})
    client.post("/predict", json={"rows": [row | {"age": "secret"}]})
    (level, event, first), (_, _, second) = lines
    assert (level, event, first["status"], first["path"]) == ("info", "request", 200, "/predict")
    assert second["status"] == 422 and second["field"] == "rows[0].age" and first["ms"] > 0
    assert "Masters" not in str(lines) and "secret" not in str(lines)


def test_a_full_queue_is_503_and_a_late_answer_504(table_served, row):
    service = Service(table_served, Limits(waiting=1, timeout=0.05))
    service.queue.close()
    with TestClient(make_app(service)) as client:
        reply = client.post("/predict", json={"rows": [row]})
        assert reply.status_code == 503 and reply.headers["retry-after"] == "1"
        assert "the server is ending" in reply.json()["error"]["message"]
    service = Service(table_served, Limits(waiting=1))
    held = threading.Event()
    service.queue.compute = lambda kind, payloads: held.wait(20) and [([0.5], "x")] * len(payloads)
    with TestClient(make_app(service)) as client:
        first = service.queue.put("explain", None)
        while service.queue.waiting:
            time.sleep(0.001)
        second = service.queue.put("explain", None)
        reply = client.post("/predict", json={"rows": [row]})
        assert reply.status_code == 503 and "1 requests wait already" in reply.json()["error"]["message"]
        held.set()
        assert first.result(20) == second.result(20) == ([0.5], "x")
    service = Service(table_served, Limits(timeout=0.05))
    service.queue.compute = lambda kind, payloads: time.sleep(0.3) or [([0.5], "x")]
    with TestClient(make_app(service)) as client:
        assert client.post("/predict", json={"rows": [row]}).json()["error"]["status"] == 504


def test_an_error_of_our_own_is_one_line_and_500(table_served, row):
    logged = []
    service = Service(table_served, log=lambda *what, **facts: logged.append((*what, facts)))
    service.queue.compute = lambda kind, payloads: 1 / 0
    with TestClient(make_app(service)) as client:
        reply = client.post("/predict", json={"rows": [row]})
        assert reply.status_code == 500 and "ZeroDivision" not in reply.text
    assert logged[0][0] == "error" and logged[0][2]["error"].startswith("ZeroDivisionError")
    assert "test_app.py" in logged[0][2]["where"]


def test_a_body_that_stops_arriving_is_408():
    async def stream():
        yield b'{"rows": ['
        await asyncio.sleep(60)

    request = SimpleNamespace(headers={"content-type": "application/json"}, stream=stream)
    with pytest.raises(Refused, match="the body did not arrive within 0.05 seconds") as caught:
        asyncio.run(read_body(request, 1000, 0.05))
    assert caught.value.status == 408
