"""A server on this machine that is best asked with two calls at a time, and answers by the prompt.

It stands in for a model server: how long an answer takes follows from how many are under way, as
`SECONDS` says, and too many at a time fail. What it answers is right: it looks the record up
in the prompt, as a model would. Too short a limit cuts the answer off.
"""

import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECONDS = {1: 0.05, 2: 0.055, 3: 0.25, 4: 0.3}
"""How long an answer takes, by the number of calls under way, s; with more, all of them fail."""
NEEDED = 40
"""Tokens that an answer takes."""
_ASKED = re.compile(r"On which shelf of the (\w+) is the (.+)\?")


class StubServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.under_way = 0
        self.calls = 0
        self.overruns = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def complete(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        limit = request.get("max_tokens") or request.get("max_completion_tokens")
        cut = limit is not None and limit < NEEDED
        with self.lock:
            self.calls += 1
            self.under_way += 1
            together = self.under_way
            self.overruns += together not in SECONDS
            overruns = self.overruns
        time.sleep(0.01 if cut or together not in SECONDS else SECONDS[together])
        with self.lock:
            self.under_way -= 1
            if together not in SECONDS or overruns != self.overruns:
                return 500, {"error": {"message": "out of memory"}}
        text = json.dumps({"thought": "I looked it up.", "answer": _answer(request)})
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text[:10] if cut else text},
            "finish_reason": "length" if cut else "stop",
        }
        usage = {"prompt_tokens": 100, "completion_tokens": NEEDED, "total_tokens": 100 + NEEDED}
        return 200, {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}


def _answer(request: dict[str, Any]) -> str:
    text = json.dumps(request["messages"])
    asked = _ASKED.search(text)
    if asked is None:
        return "yes"
    room, thing = asked.groups()
    found = re.search(rf"a {thing} seen in the {room} on shelf (\d+)", text)
    return found[1] if found else "nowhere"


class _Handler(BaseHTTPRequestHandler):
    server: StubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "stub", "object": "model"}]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(*self.server.complete(request))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def running_stub() -> Iterator[StubServer]:
    """Runs the server in a thread."""
    server = StubServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
