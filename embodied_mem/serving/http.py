"""The protocol over HTTP (streamable HTTP), for clients on this machine that know the token."""

import asyncio
import contextlib
import hmac
import ipaddress
import signal
import socket
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Final, final

from embodied_mem.errors import ConfigError

if TYPE_CHECKING:
    import uvicorn
    from mcp.server.lowlevel.server import Server
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH: Final = "/mcp"
_LARGEST: Final = 1 << 20
"""Bytes of one request at most."""
_SECONDS: Final = 10.0
"""In which the body of a request must have come."""
_CONNECTIONS: Final = 64


def is_loopback(host: str) -> bool:
    """Whether a host can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Opens the server's socket; port 0 takes a free one.

    Raises:
        ConfigError: If that address cannot be had.
    """
    if not 0 <= port < 1 << 16:
        raise ConfigError(f"{port} is no port; give 1 to 65535, or 0 for a free one")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(_CONNECTIONS)
        except BaseException:
            opened.close()
            raise
    except OSError as error:
        raise ConfigError(f"cannot serve at {host}:{port}: {error}") from error
    return opened


async def serve_http(
    server: "Server[Any]", opened: socket.socket, *, names: Sequence[str], token: str
) -> None:
    """Serves clients until a signal asks to end.

    Args:
        server: What is served.
        opened: Where, as `listen` gives it; closed at the end.
        names: Host names that clients may call it by.
        token: What they must show.
    """
    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    port = opened.getsockname()[1]
    hosts = [f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in names]
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        # The guard has looked at size, host and origin before.
        max_request_body_size=_LARGEST,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    config = uvicorn.Config(
        Guard(app, hosts=hosts, token=token),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    running = _quiet_server()(config)
    loop = asyncio.get_running_loop()

    def end() -> None:
        running.should_exit = True

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, end)
    await running.serve(sockets=[opened])


def _quiet_server() -> "type[uvicorn.Server]":
    """Returns uvicorn's server without its handlers of signals.

    They raise a signal again at the end, which would end the process before the memory is closed.
    """
    import uvicorn

    @final
    class Quiet(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

    return Quiet


@final
class Guard:
    """Lets through only requests from here, by somebody who knows the token, in time.

    A page in a browser can make it send requests to this machine under a name that the page's
    owner controls (DNS rebinding): the names that requests give must be those that are served.

    Args:
        app: What is guarded.
        hosts: `Host` headers that are let through, with the port.
        token: The bearer token.
    """

    def __init__(self, app: "ASGIApp", *, hosts: Sequence[str], token: str) -> None:
        self._app = app
        self._hosts = frozenset(host.lower().encode() for host in hosts)
        self._origins = frozenset(b"http://" + host for host in self._hosts)
        self._token = f"Bearer {token}".encode()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serves a request, or refuses it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = (421, "unknown host") if scope["type"] != "http" else self._refusal(scope)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _body(receive)
        except TimeoutError:
            await _refuse(send, 408, "the request took too long to come")
            return
        if body is None:
            await _refuse(send, 413, f"a request is {_LARGEST} bytes at most")
            return
        await self._app(scope, _again(body, receive), send)

    def _refusal(self, scope: "Scope") -> tuple[int, str] | None:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        host = headers.get(b"host", [])
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return 421, "unknown host"
        if any(origin.lower() not in self._origins for origin in headers.get(b"origin", [])):
            return 403, "unknown origin"
        shown = headers.get(b"authorization", [])
        # Compared without telling by the time how much of it is right.
        if len(shown) != 1 or not hmac.compare_digest(shown[0], self._token):
            return 401, "a bearer token is needed"
        # Nothing is pushed to clients, so that there are no streams to open or to end.
        return None if scope["method"] == "POST" else (405, "only POST is served")


async def _body(receive: "Receive") -> bytes | None:
    """Returns what a client sends, as far as it comes; None where it is too much."""
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > _LARGEST:
            return None
        if not message.get("more_body", False):
            break
    return bytes(body)


def _again(body: bytes, receive: "Receive") -> "Receive":
    """Returns a way to receive a body that was received before, and then what follows."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> "Message":
        return waiting.pop() if waiting else await receive()

    return received


async def _refuse(send: "Send", status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    if status == 405:
        headers.append((b"allow", b"POST"))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="embodied-mem"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
