"""The contract: requests made of /openapi.json, right ones and wrong ones; every answer is as it says, none a 5xx.

Wants pip install schemathesis, which no extra brings: docs/serving.md.
"""

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="fuzzing the contract wants pip install schemathesis")
pytest.importorskip("fastapi", reason="serving wants pip install 'widedeep[serve]'")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from schemathesis import checks  # noqa: E402
from schemathesis.generation import GenerationMode  # noqa: E402
from schemathesis.specs.openapi import checks as of_openapi  # noqa: E402

from widedeep.serve.app import make_app  # noqa: E402
from widedeep.serve.service import Service  # noqa: E402

OPERATIONS = ("/predict", "/explain", "/recommend", "/health", "/metrics", "/about", "/")
MODELS = ("table_served", "people_served", "binary", "classes", "number", "shop_ranker", "catalogue_ranker")
CHECKS = [checks.not_a_server_error, of_openapi.status_code_conformance, of_openapi.content_type_conformance,
          of_openapi.response_schema_conformance, of_openapi.response_headers_conformance]  # fmt: skip


def kept_open(app):
    """The app, for a client that starts and ends it around every request."""

    async def answer(scope, receive, send):
        if scope["type"] != "lifespan":
            return await app(scope, receive, send)
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})

    return answer


@pytest.fixture(scope="module", params=MODELS)
def contract(request, train_served, rankers):
    made = train_served | rankers
    served = made[request.param] if request.param in made else request.getfixturevalue(request.param)
    service = Service(served)
    yield schemathesis.openapi.from_asgi("/openapi.json", kept_open(make_app(service)))
    service.close()


def operations(contract):
    return {one.ok().path: one.ok() for one in contract.get_all_operations()}


def test_every_page_is_in_the_contract(contract):
    assert set(operations(contract)) == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("path", OPERATIONS)
def test_answers_are_as_the_contract_says(contract, path, mode):
    operation, statuses = operations(contract)[path], set()
    if mode is GenerationMode.NEGATIVE and operation.method == "get":
        pytest.skip("a GET takes nothing that could be wrong")
    checked = CHECKS + [of_openapi.negative_data_rejection]

    @settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        statuses.add(case.call_and_validate(checks=checked).status_code)

    ask()
    assert statuses and (
        mode is GenerationMode.NEGATIVE or 200 in statuses or statuses == {404} or path == "/recommend"
    )
