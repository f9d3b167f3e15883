"""One request and its answer: bounded in time and size, and never led elsewhere."""

import time
import weakref
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final

import msgspec

from embodied_mem.errors import MissingExtraError, ModelError
from embodied_mem.models.http.address import is_loopback, read_key, without_key
from embodied_mem.models.http.config import HttpConfig

if TYPE_CHECKING:
    import httpx2

LARGEST: Final = 16 * 2**20
"""Bytes of an answer that are read; a million tokens take less."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    body: bytes
    retry_after: str = ""
    """When to come again, as the server says it: seconds or a date."""


class Unreachable(Exception):
    """There was no whole answer; the request may be made again."""


class Refused(Unreachable):
    """Nobody takes a connection at the address."""


class Late(Unreachable):
    """There was no whole answer in time."""


@final
class Connection:
    """Sends requests to one server; several threads may use one.

    Through httpx2, which keeps connections open and is what the openai package itself sends with.
    """

    def __init__(self, base_url: str, config: HttpConfig) -> None:
        try:
            import httpx2
        except ModuleNotFoundError as error:
            raise MissingExtraError("asking a model server", "models") from error
        self.base_url = base_url
        self._config = config
        # A proxy is for what is elsewhere. Nothing of a redirect is followed: a key and a
        # conversation go to the address that was given, and to no other.
        self._client = httpx2.Client(
            trust_env=not is_loopback(base_url),
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=config.concurrency),
            headers={"Accept-Encoding": "identity", "User-Agent": "embodied-mem"},
        )
        weakref.finalize(self, self._client.close)  # for who forgets to close it

    def close(self) -> None:
        """Closes what is open."""
        self._client.close()

    def send(self, path: str, request: dict[str, Any] | None, seconds: float) -> Reply:
        """Returns the answer to a POST of a request, or to a GET where there is none.

        An answer that comes byte by byte ends at most `read_timeout` too late.

        Raises:
            Unreachable: If there is no whole answer in time.
            ConfigError: If the key cannot be sent.
            ModelError: If the answer is larger than any.
        """
        import httpx2

        end = time.monotonic() + seconds
        config = self._config
        read = min(config.read_timeout, seconds)
        try:
            with self._client.stream(
                "GET" if request is None else "POST",
                self.base_url + path,
                content=None if request is None else msgspec.json.encode(request),
                headers={"Content-Type": "application/json"},
                auth=partial(_with_key, config.key_variable, self.base_url),
                timeout=httpx2.Timeout(read, connect=min(config.connect_timeout, seconds)),
            ) as response:
                body = self._read(response, end)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Refused(_words(error)) from None
        except httpx2.TimeoutException as error:
            raise Late(_words(error)) from None
        except httpx2.TransportError as error:
            raise Unreachable(_words(error)) from None
        return Reply(
            status=response.status_code,
            body=without_key(body, config.key_variable),
            retry_after=response.headers.get("retry-after", ""),
        )

    def _read(self, response: "httpx2.Response", end: float) -> bytes:
        """Reads what comes, piece by piece: a server that drips is found out, too.

        Raises:
            Late: If the time is over.
            ModelError: If there is too much.
        """
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST:
                raise ModelError(
                    f"the server at {self.base_url} answers more than {LARGEST // 2**20} MiB"
                )
            if time.monotonic() > end:
                raise Late(f"only {len(body)} bytes had come")
        return bytes(body)


def _words(error: Exception) -> str:
    """Returns what went wrong; some of httpx2's errors have no words of their own."""
    return str(error) or type(error).__name__


def _with_key(variable: str, base_url: str, request: "httpx2.Request") -> "httpx2.Request":
    """Puts the key into a request; it is read for each one and kept nowhere."""
    if key := read_key(variable, base_url):
        request.headers["Authorization"] = f"Bearer {key}"
    return request
