"""Whatever clients say, the gateway stays up, moves nothing, grows by nothing and serves others."""

import random
import time
from pathlib import Path

import pytest
import zmq

from embodied_mem.robots.gateway.protocol import encode
from embodied_mem.robots.gateway.replies import Welcome
from embodied_mem.robots.gateway.requests import Hello
from embodied_mem.robots.gateway.wire import PROTOCOL
from gateway_clients import RawClient
from gateway_fuzz import moving_frame, nonsense, speak_badly
from gateway_process import Served, drive_a_little, gateway_process

CLIENTS = 8
MOST_GROWN = 48 * 1024 * 1024
"""Replies and requests that wait, of all clients, and what the allocator keeps of them."""


def enter(client: RawClient) -> float:
    """Says hello until there is room, and returns the gateway's clock less this machine's, s."""
    end = time.monotonic() + 10.0
    while not isinstance(welcome := client.hello("fuzz", 255), Welcome):
        assert time.monotonic() < end, welcome
        time.sleep(0.2)  # those of the time before are not forgotten yet
    return welcome.clock - time.monotonic()


def fuzz(served: Served, frames: int, seed: int) -> None:
    """Sends frames from a few clients; not all have said hello, and not all read the answers."""
    rng = random.Random(seed)
    clients = [RawClient(served.endpoint) for _ in range(CLIENTS)]
    try:
        offset = enter(clients[0])
        for index in range(frames):
            place = index % CLIENTS
            messages = [nonsense(rng, time.monotonic() + offset)]
            if index % 97 == 0:
                role = rng.choice(("control", "pictures"))
                messages.insert(0, [encode(Hello(PROTOCOL, index, "fuzz", 255, role))])
            for message in messages:
                if not clients[place].connected(0.1):  # let go of, because it does not read
                    clients[place].__exit__(None, None, None)
                    clients[place] = RawClient(served.endpoint)
                clients[place].say_bytes(message)
            if place < CLIENTS // 2:
                while clients[place].socket.poll(0):
                    clients[place].socket.recv_multipart(zmq.NOBLOCK)
            if index % 50 == 0:
                speak_badly(served.port, rng)
        # Whoever gets an answer to the last of these was heard to the end.
        for client in clients[: CLIENTS // 2]:
            client.say_bytes([b"the end"])
            assert client.hear() is not None
    finally:
        for client in clients:
            client.__exit__(None, None, None)


def test_what_is_fuzzed_would_move_the_robot_if_it_came_as_it_should(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as served, RawClient(served.endpoint) as client:
        offset = enter(client)
        for _ in range(10):
            client.say_bytes([moving_frame(time.monotonic() + offset)])
            time.sleep(0.05)
        assert any(forward > 0.0 for _, forward, _ in served.received())


@pytest.mark.parametrize("frames", [2000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_fuzzed_frames_crash_move_and_leak_nothing(tmp_path: Path, frames: int) -> None:
    with gateway_process(tmp_path) as served:
        fuzz(served, frames // 5, seed=0)  # buffers and caches are filled by these
        time.sleep(0.5)
        before = (served.resident(), served.descriptors())
        fuzz(served, frames - frames // 5, seed=1)
        assert served.process.poll() is None
        assert all(forward == 0.0 for _, forward, _ in served.received())
        time.sleep(3.5)  # who has not said goodbye is forgotten by now
        print(f"grown by {(served.resident() - before[0]) / 1e6:.1f} MB")
        assert served.resident() - before[0] < MOST_GROWN
        assert served.descriptors() - before[1] <= 4
        drive_a_little(served)
