"""A gateway in a process of its own, whose robot logs what it was told: for tests that kill.

Run as a script with an endpoint, the path of the log, and perhaps a folder of keys. Every line of
the log is `TIME FORWARD URGENT` with CLOCK_MONOTONIC, which all processes of a machine share.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

READY = "gateway ready: "


def wait_until(what: Callable[[], object], seconds: float = 5.0) -> None:
    """Waits for something that must happen."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@dataclass(frozen=True)
class Served:
    """A running gateway."""

    process: subprocess.Popen[str]
    endpoint: str
    log: Path

    def received(self) -> list[tuple[float, float, bool]]:
        """What the robot was told: when (monotonic, s), forward speed, whether urgent."""
        rows = [line.split() for line in self.log.read_text().splitlines()]
        return [(float(row[0]), float(row[1]), row[2] == "1") for row in rows if len(row) == 3]

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    def resident(self) -> int:
        """Bytes of memory that the process holds."""
        return self._status("VmRSS")

    def peak(self) -> int:
        """The most that it has held, bytes."""
        return self._status("VmHWM")

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.partition(f"{name}:")[2].split()[0])


@contextmanager
def gateway_process(
    folder: Path, *, endpoint: str = "tcp://127.0.0.1:*", extra: Sequence[str] = ()
) -> Iterator[Served]:
    """Starts a gateway and waits until it is ready; kills it afterwards."""
    log = folder / "received.log"
    process = subprocess.Popen(
        [sys.executable, __file__, endpoint, str(log), *extra],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY), line
        yield Served(process, line.removeprefix(READY).split()[0], log)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def drive_a_little(served: Served) -> None:
    """A good client connects, finds no errors in the gateway, and drives."""
    from embodied_mem.robots.gateway.client import make_gateway
    from embodied_mem.robots.robot import Robot
    from embodied_mem.types import Command

    far = make_gateway({"endpoint": served.endpoint, "handshake": 10.0})
    with Robot(far) as brain:
        brain.observe()
        for _ in range(6):
            brain.act(Command(forward=0.2))
        assert brain.readings.lost["gateway errors"] == 0
    assert any(forward > 0.0 for _, forward, _ in served.received())


def _main(endpoint: str, log: str, keys: str = "", *, parent: int | None = None) -> None:
    from embodied_mem.robots.gateway.serving import serve
    from embodied_mem.robots.robot import Robot
    from memory_robot import MemoryDriver, Written

    class Log(list[Written]):
        def append(self, one: Written) -> None:
            file.write(f"{one.time} {one.command.forward} {int(one.urgent)}\n")
            file.flush()

    with Path(log).open("w") as file:
        driver = MemoryDriver(written=Log())
        serve(Robot(driver), endpoint, keys=Path(keys) if keys else None, parent=parent)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    words = [word for word in sys.argv[1:] if word != "--with-parent"]
    _main(*words, parent=os.getppid() if "--with-parent" in sys.argv else None)
