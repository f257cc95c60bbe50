"""The server: a port, signals, and an end that loses nothing, by uvicorn.

    SIGTERM, Ctrl-C     no new connections; those that are open get their answers; then the program ends with code 0
    SIGHUP              the model's file is loaded again, and swapped in if its dry run is not worse

Read before: app.py        Read next: sources.py
"""
import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from widedeep.serve.app import make_app
from widedeep.serve.logs import Log
from widedeep.serve.service import Service


class Server(uvicorn.Server):
    """uvicorn's, whose signals end it with code 0 and swap the model."""

    service: Service
    should_exit: bool                                   # uvicorn's loop looks at both
    force_exit: bool

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own would raise them again at the end."""
        yield

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Signals are ours from here on: before anybody is told the address, and to the end."""
        wanted = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
        before = {number: signal.signal(number, self.heard) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def heard(self, number: int, frame: Any) -> None:
        if number not in (signal.SIGINT, signal.SIGTERM):
            threading.Thread(target=self.service.swap, name="swap", daemon=True).start()
        elif self.should_exit:
            self.force_exit = True                                  # asked twice
        else:
            self.should_exit = True


class Lines(logging.Handler):
    """What uvicorn says, as lines of our log."""

    def __init__(self, log: Log):
        super().__init__(logging.WARNING)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        self.log(record.levelname.lower(), "uvicorn", message=record.getMessage().splitlines()[0][:300])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.  Raises ValueError where the port is taken, or may not be used."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":                                      # elsewhere it would allow a port that is taken
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        raise ValueError(f"--host {host} --port {port}: {error.strerror}; is another server running? choose another "
                         "--port (0 for any that is free)") from None
    return sock


def make_server(service: Service, grace: int = 10) -> Server:
    """grace : seconds that open requests have at the end"""
    logger = logging.getLogger("uvicorn")
    logger.handlers, logger.propagate = [Lines(service.log)], False
    config = uvicorn.Config(make_app(service), log_config=None, access_log=False, server_header=False, lifespan="on",
                            timeout_keep_alive=15, timeout_graceful_shutdown=grace, backlog=2048)
    server = Server(config)
    server.service = service
    return server


def serve(service: Service, sock: socket.socket) -> None:
    """Until a signal ends it."""
    host, port = sock.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    server = make_server(service)
    with server.hearing():
        print(f"{url}  serves {service.served.name} ({service.served.version}); Ctrl-C ends it", flush=True)
        service.log("info", "start", url=url, model=service.served.version)
        asyncio.run(server.serve(sockets=[sock]))
        service.close()                                             # also where it ended before it began
    service.log("info", "stop", requests=sum(service.metrics.requests.values()))
