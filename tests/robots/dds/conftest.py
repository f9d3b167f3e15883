"""A driver connected to a robot in another process, and a record of what it told its owner."""

import time
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("cyclonedds")

from embodied_mem.robots.dds.driver import DdsDriver, make_dds
from embodied_mem.robots.driver import RobotEvents
from peer import Peer, own_domain
from peer import peer as peer


class Owner:
    """Remembers what a driver tells at once."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []
        """`stop`, `reset` and `enable` with their stamps, in the order in which they came."""
        self.woken = 0

    @property
    def events(self) -> RobotEvents:
        return RobotEvents(
            estop=lambda reason, stamp: self.told.append(("stop", stamp)),
            reset=lambda stamp: self.told.append(("reset", stamp)),
            enable=lambda: self.told.append(("enable", 0.0)),
            wake=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1


class Connected:
    """An open driver."""

    def __init__(self, domain: int, **options) -> None:
        self.owner = Owner()
        small = {"width": 160, "height": 120, "domain": domain, **options}
        self.driver: DdsDriver = make_dds(small)
        self.driver.open(self.owner.events)

    def until(self, met: Callable[["Connected"], object], seconds: float = 20.0) -> float:
        """Waits until something holds; returns when it did, on the monotonic clock."""
        end = time.monotonic() + seconds
        while not met(self):
            assert time.monotonic() < end, (self.driver.read(), self.owner.told)
            time.sleep(0.005)
        return time.monotonic()

    @property
    def faults(self) -> str:
        return "; ".join(self.driver.read().faults)

    def ready(self) -> "Connected":
        """Waits until everybody is there and everything comes."""
        self.until(lambda one: not one.faults and max(one.driver.read().ages.values()) < 0.5)
        return self


@pytest.fixture(scope="module")
def lasting_peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Peer]]:
    kept: list[Peer] = []
    with own_domain() as domain:
        kept.append(Peer(domain, tmp_path_factory.mktemp("robot") / "log.jsonl"))
        yield kept
        kept[-1].kill()


@pytest.fixture
def lasting_peer(
    lasting_peers: list[Peer],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Peer]:
    """One robot for all tests of a module that leave it as it was; a new one after a failure."""
    robot, failed = lasting_peers[-1], request.session.testsfailed
    yield robot
    if request.session.testsfailed > failed:
        robot.kill()
        log = tmp_path_factory.mktemp("robot") / "log.jsonl"
        lasting_peers.append(Peer(robot.domain, log))


@pytest.fixture
def connect() -> Iterator[Callable[..., Connected]]:
    opened: list[Connected] = []

    def start(domain: int, **options) -> Connected:
        opened.append(Connected(domain, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.driver.close()
        one.driver.close()
