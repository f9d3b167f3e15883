"""`embodied-mem serve`: a memory as an MCP server, for agents of any make."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from embodied_mem.cli.sizes import ByteSize
from embodied_mem.errors import ConfigError

if TYPE_CHECKING:
    from embodied_mem.serving.desk import Desk


@dataclass(frozen=True, kw_only=True)
class Serve:
    """Serve a memory to agents by the Model Context Protocol, over standard input and output.

    Another process may be writing to it meanwhile. Ends with the client, or by SIGINT or SIGTERM.
    """

    memory: Positional[Path]
    """The memory: the folder that `run` and `ingest` keep, or an exported file."""
    http: int | None = None
    """Serve over HTTP on this port of this machine instead, 0 for a free one. Clients show the
    token in EMBODIED_MEM_TOKEN, or in `--token-file`; without either, one is made and printed."""
    host: str = "127.0.0.1"
    """Address to serve at, with `--http`; one that others reach needs a token of your own."""
    names: tuple[str, ...] = ()
    """Host names that clients call it by, beside `--host`."""
    token_file: Path | None = None
    """File with the token; only you may be able to read it."""
    viewer: str | None = None
    """Who asks: told is only what is shared, or was observed by this one. Left out: all."""
    write: bool = False
    """Let agents remember and forget; no other process may then write to the memory."""
    budget_bytes: ByteSize | None = None
    """Bytes that the memory may take, with `--write`; left out: no bound. A bound below what it
    takes now lowers the fidelity of pictures."""

    def run(self) -> int:
        """Serves until the client goes or a signal comes; returns 0.

        Raises:
            ConfigError: If an address or the token is no good.
            MemoryFileError: If the memory is missing or damaged, or a robot writes to it.
            MissingExtraError: If the extra `mcp` is not installed.
        """
        from embodied_mem.serving.desk import Desk

        desk = Desk(
            self.memory, viewer=self.viewer, write=self.write, budget_bytes=self.budget_bytes
        )
        asyncio.run(self._over_stdio(desk) if self.http is None else self._over_http(desk))
        return 0

    async def _over_stdio(self, desk: "Desk") -> None:
        from embodied_mem.serving.protocol import make_server
        from embodied_mem.serving.stdio import Wire, serve_stdio

        wire = Wire()
        try:
            server = make_server(desk, await desk.open())
            await serve_stdio(server, wire)
        finally:
            await desk.close()

    async def _over_http(self, desk: "Desk") -> None:
        from embodied_mem.serving.http import PATH, is_loopback, listen, serve_http
        from embodied_mem.serving.keys import VARIABLE, find_token
        from embodied_mem.serving.protocol import make_server

        token, made = find_token(self.token_file, os.environ)
        if made and not is_loopback(self.host):
            raise ConfigError(
                f"others can reach {self.host}: set a token in {VARIABLE} or --token-file first"
            )
        try:
            server = make_server(desk, await desk.open())
            with listen(self.host, self.http or 0) as opened:
                port = opened.getsockname()[1]
                shown = f"[{self.host}]" if ":" in self.host else self.host
                print(f"serving {self.memory} at http://{shown}:{port}{PATH}", file=sys.stderr)
                if made:
                    print(f"token: {token}", file=sys.stderr, flush=True)
                names = (self.host, *self.names)
                if is_loopback(self.host):
                    names += ("127.0.0.1", "localhost", "::1")
                await serve_http(server, opened, names=names, token=token)
        finally:
            await desk.close()
