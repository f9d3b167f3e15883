"""A network that stands still between brain and gateway: nothing old is obeyed afterwards."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.client import make_gateway
from embodied_mem.robots.robot import Robot
from embodied_mem.types import Command
from gateway_process import Served, gateway_process, wait_until

REST = 0.5 + 0.4 / 1.5 + 0.6
"""Watchdog, ramp, and slack for jerk limits and a loaded machine, s."""


class Wire:
    """Carries bytes between clients and a gateway, or keeps them while it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = False
        self._over = False
        self._ends: dict[socket.socket, socket.socket] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over = True
        self._thread.join()
        for end in (self._listener, *self._ends):
            end.close()

    def _run(self) -> None:
        while not self._over:
            ready, _, _ = select.select([self._listener, *self._ends], [], [], 0.02)
            if self.cut:
                time.sleep(0.02)  # all stays where it is, in the buffers of the kernel
                continue
            for end in ready:
                if end is self._listener:
                    near, _ = end.accept()
                    far = socket.create_connection(("127.0.0.1", self._port))
                    self._ends |= {near: far, far: near}
                elif end in self._ends:
                    self._carry(end)

    def _carry(self, end: socket.socket) -> None:
        other = self._ends[end]
        try:
            data = end.recv(1 << 16)
            other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for one in (end, other):
                self._ends.pop(one, None)
                one.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with gateway_process(tmp_path) as running:
        yield running


@pytest.fixture
def wire(served: Served) -> Iterator[Wire]:
    carrying = Wire(int(served.endpoint.rpartition(":")[2]))
    yield carrying
    carrying.close()


def drive(brain: Robot, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        brain.act(Command(forward=0.4))


def test_a_cut_brings_the_robot_to_rest_and_nothing_old_is_obeyed(
    served: Served, wire: Wire
) -> None:
    with Robot(make_gateway({"endpoint": wire.endpoint})) as brain:
        brain.observe()
        drive(brain, 1.0)
        wire.cut = True
        since = time.monotonic()
        drive(brain, 1.8)  # it goes on commanding
        assert any("no answer" in fault for fault in brain.readings.faults)
        moving = [when for when, forward, _ in served.received() if forward != 0.0]
        assert len(moving) > 5
        assert max(moving) < since + REST
        mended = time.monotonic()
        wire.cut = False  # what was said meanwhile arrives now, all at once
        wait_until(lambda: not brain.readings.faults)
        time.sleep(0.6)
        assert not any(when > mended and forward for when, forward, _ in served.received())
        drive(brain, 1.0)  # fresh commands are obeyed again
        assert any(when > mended and forward for when, forward, _ in served.received())


def test_an_emergency_stop_that_could_not_be_sent_is_sent_when_the_link_is_back(
    served: Served, wire: Wire
) -> None:
    far = make_gateway({"endpoint": wire.endpoint})
    with Robot(far) as brain:
        brain.observe()
        drive(brain, 0.6)
        wire.cut = True
        time.sleep(0.5)
        brain.estop("while the network was away")
        time.sleep(0.2)
        wire.cut = False
        wait_until(lambda: far.state is not None and "network was away" in far.state.latched)


def test_writing_over_a_lost_link_is_an_error(served: Served, wire: Wire) -> None:
    far = make_gateway({"endpoint": wire.endpoint})
    with Robot(far) as brain:
        brain.observe()
        wire.cut = True
        time.sleep(0.5)
        with pytest.raises(BodyError, match="no answer from the gateway"):
            far.write(brain.gate.tick(brain.readings, time.monotonic()))
        wire.cut = False
