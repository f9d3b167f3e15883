"""The pieces of a client that need no socket: its clock, its outbox and its options."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.robots.gateway.client import make_gateway
from embodied_mem.robots.gateway.clock import RemoteClock
from embodied_mem.robots.gateway.memory_guard import MemoryGuard
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.gateway.outbox import Outbox
from embodied_mem.robots.settings import read_config
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command

ways = st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5))


@given(st.lists(ways, min_size=1, max_size=30), st.floats(-1e6, 1e6))
def test_the_clock_is_never_further_off_than_its_bound(
    trips: list[tuple[float, float]], offset: float
) -> None:
    clock, now = RemoteClock(), 1000.0
    for there, back in trips:
        sent, now = now, now + there + back
        clock.round_trip(sent=sent, received=now, remote=sent + there - offset)
        now += 0.05
    drift = 200e-6 * (now - 1000.0)
    assert abs(clock.here(0.0) - offset) <= clock.bound + drift + 1e-6
    assert clock.bound <= 0.5 * min(sum(trip) for trip in trips) + drift + 1e-9
    assert clock.there(clock.here(7.0)) == pytest.approx(7.0, abs=1e-6)


def test_a_clock_that_jumps_is_followed() -> None:
    clock = RemoteClock()
    clock.round_trip(sent=10.0, received=10.001, remote=5.0)
    clock.round_trip(sent=11.0, received=11.2, remote=905.0)
    assert clock.here(905.0) == pytest.approx(11.1)


def test_percentiles_are_of_the_newest_round_trips() -> None:
    clock = RemoteClock(kept=100)
    assert np.isnan(clock.percentile(50))
    for index in range(200):
        clock.round_trip(sent=index, received=index + 0.001 * index, remote=0.0)
    assert clock.trips == 100
    assert clock.percentile(50) == pytest.approx(0.1495)


def test_the_newest_command_takes_the_place_of_one_that_was_not_sent() -> None:
    box = Outbox()
    for speed in (0.1, 0.2, 0.3):
        box.drive(Command(forward=speed), "", 1.0)
    held = box.take(oldest=0.0, hold=True)
    assert held.drive is None
    unsent = box.take(oldest=0.0, hold=False)
    assert unsent.drive is not None and unsent.drive[0].forward == 0.3
    assert box.take(oldest=0.0, hold=False).drive is None
    assert box.dropped == 2


def test_what_is_too_old_is_never_sent() -> None:
    box = Outbox()
    path = Trajectory(joints=("a",), positions=np.zeros((1, 1)), times=np.zeros(1))
    box.follow(path, 1.0)
    box.drive(Command(forward=0.1), "", 1.0)
    unsent = box.take(oldest=1.1, hold=False)
    assert unsent.drive is None and unsent.follow is None


def test_an_emergency_stop_stays_until_it_is_confirmed_and_drops_what_moves() -> None:
    box = Outbox()
    box.drive(Command(forward=0.1), "", 1.0)
    box.reset(0)
    box.halt("why")
    unsent = box.take(oldest=0.0, hold=False)
    assert unsent.drive is None and unsent.reset is None
    assert box.halting == (1, "why")
    box.reset(3)
    assert box.halting is None
    box.halt("again")
    assert box.take(oldest=0.0, hold=False).reset is None
    box.halted(1)  # comes late, and is about the first
    assert box.halting == (2, "again")
    box.halted(2)
    assert box.halting is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"endpoynt": "tcp://127.0.0.1:1"}, "endpoint"),
        ({"endpoint": "udp://127.0.0.1:1"}, "no endpoint"),
        ({"endpoint": "tcp://127.0.0.1"}, "no port"),
        ({"priority": 256}, "0 to 255"),
        ({"name": ""}, "1 to 64"),
        ({"beat": 0.2}, "half of patience"),
        ({"patience": -1.0}, "more than 0"),
        ({"patience": "long"}, "patience"),
        ({"keys": "/no/such/folder"}, "--make-keys"),
    ],
)
def test_wrong_options_are_errors_that_say_which(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_gateway(options)


def test_options_are_read_from_a_table() -> None:
    options = read_config(GatewayOptions, {"keys": "/etc/keys", "endpoint": "tcp://robot:5555"})
    assert (options.keys, options.priority) == (Path("/etc/keys"), 10)


def test_the_memory_guard_alarms_when_the_process_has_grown() -> None:
    guard = MemoryGuard(40_000_000)
    assert not guard.alarm(1.0)
    held = np.ones(10_000_000)
    assert not guard.alarm(1.05)  # not looked at again so soon
    assert guard.alarm(1.2)
    guard.accept()
    assert not guard.alarm(1.4)
    assert held.sum() == 10_000_000
