"""The app: routes, each answered in JSON, whatever comes; FastAPI gives routing and the OpenAPI document.

    POST /predict       {"rows": [...]} -> {"probabilities": [...], "model"}, or as heads.py has it
    POST /explain       {"rows": [...]} -> {"explained": [{"probability", "reasons"}], "model"}
    POST /recommend     {"user"} or {"likes"} -> {"recommendations": [...], ...}
    GET  /health /metrics /about /openapi.json /       the last one is the page

An error is {"error": {"status", "field", "message"}}: 4xx for the request, 503 for a full queue, 504 for one too late.

Read before: schema.py        Read next: server.py
"""
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from widedeep.cells import shown
from widedeep.serve.logs import where
from widedeep.serve.page import page
from widedeep.serve.queue import Full, TooLate
from widedeep.serve.requests import Refused, read_json, read_rows, read_wanted
from widedeep.serve.schema import ERRORS, WANTED_SCHEMA, answer_schemas, rows_schema
from widedeep.serve.service import Service

Handler = Callable[[Request], Awaitable[Response]]
GONE = 499                                              # the client left: nobody reads the answer
DISCARD = 2 ** 28                                       # bytes of a body too large that are read and thrown away


def make_app(service: Service) -> FastAPI:
    """The routes of this service, as an ASGI app."""
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.close)

    app = FastAPI(title="widedeep", description="A wide & deep model, with its reasons.", docs_url=None,
                  redoc_url=None, lifespan=lifespan)

    async def predict(request: Request) -> Response:
        data = read_json(await read_body(request, service.limits.body, service.limits.upload))
        service.served.check_rows()
        table = read_rows(data, service.served.fields, service.limits.rows)
        found, model = await service.queue.ask("predict", table, len(data["rows"]))
        return JSONResponse({service.served.head.key: found, "model": model})

    async def explain(request: Request) -> Response:
        data = read_json(await read_body(request, service.limits.body, service.limits.upload))
        service.served.check_rows()
        table = read_rows(data, service.served.fields, service.limits.explained)
        found, model = await service.queue.ask("explain", table, len(data["rows"]))
        return JSONResponse({"explained": found, "model": model})

    async def recommend(request: Request) -> Response:
        wanted = read_wanted(read_json(await read_body(request, service.limits.body, service.limits.upload)))
        found, model = await service.queue.ask("recommend", wanted)
        return JSONResponse({**found, "model": model})

    async def health(request: Request) -> Response:
        return JSONResponse(service.health())

    async def about(request: Request) -> Response:
        return JSONResponse(service.served.about())

    async def metrics(request: Request) -> Response:
        text = service.metrics.as_text(len(service.queue.waiting), service.limits.waiting, service.served.version)
        return Response(text, media_type="text/plain; version=0.0.4")

    async def the_page(request: Request) -> Response:
        html, policy = page()
        return Response(html, media_type="text/html; charset=utf-8", headers={
            "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache"})

    limits, told = service.limits, answer_schemas(service.served.head)
    for path, handler, method, schema, kind in (
            ("/predict", predict, "POST", rows_schema(service.served.fields, limits.rows), JSONResponse),
            ("/explain", explain, "POST", rows_schema(service.served.fields, limits.explained), JSONResponse),
            ("/recommend", recommend, "POST", WANTED_SCHEMA, JSONResponse),
            ("/health", health, "GET", None, JSONResponse), ("/metrics", metrics, "GET", None, PlainTextResponse),
            ("/about", about, "GET", None, JSONResponse), ("/", the_page, "GET", None, HTMLResponse)):
        extra = None if schema is None else {
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
        responses = None if schema is None else ERRORS | {
            200: {"description": "an answer", "content": {"application/json": {"schema": told[path]}}}}
        app.add_api_route(path, answering(service, path, handler), methods=[method], name=path, openapi_extra=extra,
                          responses=responses, response_class=kind)

    async def odd(request: Request, error: Any) -> Response:
        want = "POST, with a JSON body" if request.method == "GET" else "GET"
        refused = Refused(error.status_code, f"no such page: {shown(request.url.path)}" if error.status_code == 404 else
                          f"{request.method} is not for {request.url.path}; want {want}")
        service.metrics.answered("other", refused.status, 0.0)
        return JSONResponse(refused.as_json(), refused.status, getattr(error, "headers", None))

    app.add_exception_handler(404, odd)
    app.add_exception_handler(405, odd)
    return app


def answering(service: Service, path: str, handler: Handler) -> Callable[[Request], Awaitable[Any]]:
    """The handler, timed, counted and logged; whatever it raises becomes one answer in JSON."""
    async def answer(request: Request) -> Response:
        start, facts = time.perf_counter(), dict[str, Any]()
        try:
            response = await handler(request)
        except Refused as refused:
            response, facts = JSONResponse(refused.as_json(), refused.status), {"field": refused.field}
        except Full:
            why = "the server is ending" if service.queue.closed else f"{service.limits.waiting} requests wait already"
            full = Refused(503, f"{why}; come again in a second")
            response = JSONResponse(full.as_json(), full.status, {"Retry-After": "1"})
        except TooLate:
            late = Refused(504, f"no answer within {service.limits.timeout:g} seconds; come again later")
            response = JSONResponse(late.as_json(), late.status)
        except ClientDisconnect:
            response = JSONResponse(Refused(GONE, "the client left").as_json(), GONE)
        except Exception as error:
            response = JSONResponse(Refused(500, "an error of the server, which is in its log").as_json(), 500)
            facts = {"error": f"{type(error).__name__}: {error}"[:300], "where": where(error)}
        seconds = time.perf_counter() - start
        service.metrics.answered(path, response.status_code, seconds)
        level = "error" if response.status_code >= 500 else "info"
        service.log(level, "request", method=request.method, path=path, status=response.status_code,
                    ms=round(1000 * seconds, 2), **facts)
        return response
    return answer


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """At most `most` bytes of JSON, within `seconds`.  Of a larger body nothing is kept; it is read to its end, so that
    the client, which may still be sending, gets to read the answer.
    """
    kind = request.headers.get("content-type", "")
    told = request.headers.get("content-length", "0")
    too_large = Refused(413, f"a body of more than {most:,} bytes; want fewer rows in one request", "body")
    asks_first = request.headers.get("expect", "").lower() == "100-continue"
    if asks_first and told.isdecimal() and int(told) > most:
        raise too_large
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= most:
                    body += chunk
                elif size > DISCARD:
                    break
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {seconds:g} seconds", "body") from None
    if size > most:
        raise too_large
    if kind.split(";")[0].strip().lower() != "application/json":
        raise Refused(415, f"content type {shown(kind)}; want application/json", "Content-Type")
    return bytes(body)
