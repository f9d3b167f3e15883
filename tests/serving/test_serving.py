"""A memory served to the official client of the protocol, over real pipes and a real socket."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx2
import numpy as np
import psutil
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from embodied_mem.brain.tools import ToolResult
from embodied_mem.cli.serve import Serve
from embodied_mem.errors import ConfigError, MemoryFileError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.serving.desk import Desk
from embodied_mem.serving.http import is_loopback
from embodied_mem.serving.keys import VARIABLE, find_token

TOKEN = "a-token-that-only-the-tests-know"
COMMAND = [sys.executable, "-m", "embodied_mem", "serve"]


@pytest.fixture(scope="module")
def folder(sample_memory: MemoryStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample memory in a folder, for servers that read."""
    path = tmp_path_factory.mktemp("served")
    sample_memory.export(path / "flat.mem")
    with MemoryStore(path / "flat", session="sample", seed=5) as store:
        store.import_(path / "flat.mem")
    return path / "flat"


@dataclass
class Served:
    """A server over HTTP."""

    process: subprocess.Popen[str]
    url: str
    said: list[str]

    def client(self, token: str = TOKEN, **headers: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}", **headers})


def serve(*arguments: str, token: str | None = TOKEN) -> Served:
    environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
    environment |= {} if token is None else {VARIABLE: token}
    process = subprocess.Popen(
        [*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stderr is not None
    said = [process.stderr.readline()]
    assert " at http://" in said[0], said
    return Served(process=process, url=said[0].rsplit(" ", 1)[1].strip(), said=said)


def end(served: Served, how: signal.Signals) -> int:
    served.process.send_signal(how)
    try:
        return served.process.wait(timeout=20)
    finally:
        served.process.kill()
        assert served.process.stderr is not None
        served.said.extend(served.process.stderr)
        served.process.stderr.close()


@pytest.fixture(scope="module")
def reading(folder: Path) -> Iterator[Served]:
    served = serve(str(folder), "--http", "0")
    yield served
    assert end(served, signal.SIGINT) == 0
    assert TOKEN not in "".join(served.said)


def copied(folder: Path, to: Path) -> Path:
    with MemoryStore.read(folder) as store:
        store.export(to / "own.mem")
    with MemoryStore(to / "own", seed=5) as store:
        store.import_(to / "own.mem")
    return to / "own"


def decoded(data: str) -> tuple[int, ...]:
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape


CALLS = {
    "recall": {"query": "red kettle"},
    "where_is": {"thing": "red kettle"},
    "what_is_near": {"target": "kitchen"},
    "history": {"thing": "red kettle"},
    "show_snapshot": {"what": "red kettle"},
}


async def ask_everything(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == set(CALLS)
    for name, arguments in CALLS.items():
        result = await client.call_tool(name, arguments)
        assert not result.is_error and "kettle" in result.content[0].text, name
        assert isinstance(result.structured_content, dict)
    shown = await client.call_tool("show_snapshot", {"what": "red kettle"})
    assert decoded(shown.content[1].data) == (240, 320, 3)
    refused = await client.call_tool("remember", {"text": "x"})
    assert refused.is_error and "read only" in refused.content[0].text
    wrong = await client.call_tool("recall", {"query": "x", "limit": 3})
    assert wrong.is_error and "'limit'" in wrong.content[0].text
    resources = (await client.list_resources()).resources
    pictures = [each for each in resources if each.uri.startswith("memory://snapshot/")]
    assert len(pictures) == 10
    for each in (pictures[0].uri, "memory://map"):
        (content,) = (await client.read_resource(each)).contents
        assert decoded(content.blob)[2] == 3
    (house,) = (await client.read_resource("memory://house")).contents
    assert "4 rooms" in house.text and "kitchen" in house.text
    with pytest.raises(MCPError):
        await client.read_resource("memory://snapshot/zzzzzzz")
    templates = (await client.list_resource_templates()).resource_templates
    assert templates[0].uri_template == "memory://snapshot/{id}"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_two_clients_at_once_ask_everything_over_http(reading: Served, mode: str) -> None:
    async def one() -> None:
        async with reading.client() as http:
            transport = streamable_http_client(reading.url, http_client=http)
            async with Client(transport, mode=mode) as client:
                await ask_everything(client)

    async def both() -> None:
        await asyncio.gather(one(), one())

    asyncio.run(both())


def test_only_who_knows_the_token_and_calls_it_by_its_name_is_served(reading: Served) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}

    async def status(token: str = TOKEN, **headers: str) -> int:
        async with reading.client(token, **accept, **headers) as http:
            return (await http.post(reading.url, json=body)).status_code

    async def all_of_it() -> None:
        assert await status() == 200
        assert await status("a-token-that-nobody-was-ever-given") == 401
        assert await status(TOKEN[:-1]) == 401
        assert await status(Host="evil.example") == 421
        port = reading.url.split(":")[2].split("/")[0]
        assert await status(Host=f"127.0.0.1:{int(port) + 1}") == 421
        assert await status(Origin="http://evil.example") == 403
        assert await status(Origin=f"http://localhost:{port}") == 200
        async with httpx2.AsyncClient(headers=accept) as http:
            assert (await http.post(reading.url, json=body)).status_code == 401
        async with reading.client(**accept) as http:
            large = await http.post(reading.url, content=b"x" * (2 << 20))
            assert large.status_code == 413
            assert (await http.get(reading.url)).status_code == 405

    asyncio.run(all_of_it())


def test_what_a_robot_writes_meanwhile_is_found(reading: Served, folder: Path) -> None:
    text = "the umbrella leans on the wardrobe"

    async def umbrella() -> str:
        async with reading.client() as http:
            transport = streamable_http_client(reading.url, http_client=http)
            async with Client(transport) as client:
                result = await client.call_tool("recall", {"query": "umbrella"})
                return str(result.content[0].text)

    assert text not in asyncio.run(umbrella())
    with MemoryStore(folder) as robot:
        note = MemoryRecord(id="7" * 32, kind="event", content={"text": text})
        robot.apply([Add(record=note)])
        assert text in asyncio.run(umbrella())


def test_a_client_over_pipes_writes_and_nobody_else_does(folder: Path, tmp_path: Path) -> None:
    own = copied(folder, tmp_path)

    async def talk() -> None:
        server = StdioServerParameters(
            command=COMMAND[0], args=[*COMMAND[1:], str(own), "--write", "--viewer", "Ana"]
        )
        async with Client(server) as client:
            assert {"remember", "forget"} < {t.name for t in (await client.list_tools()).tools}
            told = await client.call_tool("remember", {"text": "tea is in the tin"})
            found = await client.call_tool("recall", {"query": "tea tin"})
            assert "from Ana: tea is in the tin" in found.content[0].text
            with pytest.raises(MemoryFileError, match="another process"):
                await Desk(own, write=True).open()
            gone = await client.call_tool("forget", {"ids": [told.structured_content["id"]]})
            assert not gone.is_error
            again = await client.call_tool("recall", {"query": "tea tin"})
            assert "tin" not in again.content[0].text
            # What the robot saw is its own, until it shares it.
            kettle = await client.call_tool("where_is", {"thing": "red kettle"})
            assert kettle.structured_content["status"] == "unseen"

    asyncio.run(talk())
    with MemoryStore(own) as store:  # the lock is free again
        assert store.verify().ok


def test_nothing_is_left_when_the_client_dies(folder: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "dying", "version": "1"},
        },
    }
    client = f"""
import json, subprocess, sys, time
command = {[*COMMAND, str(folder)]!r}
server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for line in ({json.dumps(hello)!r}, "no message", "x" * (2 << 20)):
    print(line, file=server.stdin, flush=True)
print(server.pid, server.stdout.readline(), flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", client], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    number, _, answer = process.stdout.readline().partition(" ")
    assert json.loads(answer)["result"]["serverInfo"]["name"] == "embodied-mem"
    server = psutil.Process(int(number))
    process.kill()
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 20
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_missing_or_damaged_memory_is_told_at_once(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match="No such file"):
        asyncio.run(Desk(tmp_path / "nowhere").open())
    damaged = tmp_path / "damaged.mem"
    damaged.write_bytes((folder.parent / "flat.mem").read_bytes()[:-100])
    with pytest.raises(MemoryFileError, match=r"damaged\.mem"):
        asyncio.run(Desk(damaged).open())
    with pytest.raises(MemoryFileError, match="without --write"):
        asyncio.run(Desk(folder.parent / "flat.mem", write=True).open())
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MemoryFileError):
        asyncio.run(Desk(empty, write=True).open())
    assert not any(empty.iterdir())


def test_a_memory_that_goes_and_comes_is_told_and_read_again(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "flat.mem"
    file.write_bytes((folder.parent / "flat.mem").read_bytes())

    async def where(desk: Desk) -> ToolResult:
        return await desk.call("where_is", {"thing": "red kettle"})

    async def go_and_come() -> None:
        desk = Desk(file)
        await desk.open()
        assert "kitchen" in (await where(desk)).text
        file.rename(tmp_path / "away")
        gone = await where(desk)
        assert gone.failed and "No such file" in gone.text
        (tmp_path / "away").rename(file)
        assert "kitchen" in (await where(desk)).text
        await desk.close()

    asyncio.run(go_and_come())


def test_only_a_token_that_is_one_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    assert find_token(file, {}) == (TOKEN, False)
    assert find_token(None, {VARIABLE: TOKEN}) == (TOKEN, False)
    made, new = find_token(None, {})
    assert new and len(made) >= 40 and made != find_token(None, {})[0]
    for bad in ("", "short", "a token with spaces in it", "ein-schlüssel-mit-umlaut"):
        with pytest.raises(ConfigError):
            find_token(None, {VARIABLE: bad})
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        find_token(file, {})
    with pytest.raises(ConfigError):
        find_token(tmp_path / "nowhere", {})


def token_file(folder: Path) -> Path:
    file = folder.parent / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return file


def test_others_are_served_only_with_a_token_of_ones_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="set a token"):
        Serve(memory=folder, http=0, host="0.0.0.0").run()
    with pytest.raises(ConfigError, match="no port"):
        Serve(memory=folder, http=99999).run()
    with pytest.raises(ConfigError, match="cannot serve"):
        Serve(memory=folder, http=0, host="203.0.113.1", token_file=token_file(folder)).run()
    assert is_loopback("127.0.0.1") and is_loopback("::1") and is_loopback("localhost")
    assert not is_loopback("192.168.1.7") and not is_loopback("localhost.evil.example")
