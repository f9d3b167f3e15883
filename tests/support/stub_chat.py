"""A chat server on this machine that does whatever a test wants: it stands in for faults, and for
servers that cannot be started here; what it says of a model means nothing."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = BaseHTTPRequestHandler
Play = Callable[["Stub", Handler, dict[str, Any]], None]


@dataclass
class Stub:
    """What was asked, and how each request is answered: by one play after the other, then by the
    last one for ever."""

    plays: list[Play]
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_play(self) -> Play:
        with self.lock:
            return self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]


def send(handler: Handler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def completion(
    text: str | None, *, usage: dict[str, int] | None = None, finish: str = "stop"
) -> bytes:
    message = {"role": "assistant", "content": text}
    body: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    if usage is not None:
        body["usage"] = usage
    return json.dumps(body).encode()


def says(text: str | None, **more: Any) -> Play:
    """Answers with a text."""
    return lambda stub, handler, request: send(handler, 200, completion(text, **more))


def fails(status: int, said: str = "out of order", **headers: str) -> Play:
    """Answers with an error as OpenAI writes it; `retry_after="1"` becomes a header."""
    body = json.dumps({"error": {"message": said}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda stub, handler, request: send(handler, status, body, named)


def raw(body: bytes, status: int = 200, **headers: str) -> Play:
    """Answers with bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda stub, handler, request: send(handler, status, body, named)


def breaks_off(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """Says that much comes, sends little, and is gone."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices"')
    handler.close_connection = True


@contextlib.contextmanager
def running_stub(
    *plays: Play, models: list[str] | None = None, listing: Play | None = None
) -> Iterator[Stub]:
    """Runs a server that answers by these plays, and lists these models, or by a play."""
    named = ["stub"] if models is None else models
    listed = [{"id": name, "object": "model"} for name in named]
    listing = listing or raw(json.dumps({"object": "list", "data": listed}).encode())
    stub = Stub(plays=list(plays))

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.note({})
            listing(stub, self, {})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.note(request)
            with stub.lock:
                stub.at_once += 1
                stub.most_at_once = max(stub.most_at_once, stub.at_once)
            try:
                with contextlib.suppress(ConnectionError):
                    stub.next_play()(stub, self, request)
            finally:
                with stub.lock:
                    stub.at_once -= 1

        def note(self, request: dict[str, Any]) -> None:
            with stub.lock:
                if request:
                    stub.requests.append(request)
                stub.headers.append(dict(self.headers.items()))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
