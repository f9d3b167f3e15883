"""The brainstem: whatever is asked for, limits hold and nothing seen is driven into."""

import numpy as np
import pytest

from boxworld import BoxBody, BoxWorld, two_rooms, wall_x
from embodied_mem.brain.brainstem import Brainstem, Limits
from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.safety.config import ZoneConfig
from embodied_mem.robots.safety.zones import free_distance
from embodied_mem.types import Command


def test_commands_are_clipped_to_our_limits_and_the_bodys() -> None:
    stem = Brainstem(BoxBody(BoxWorld(), 0.0, 0.0), Limits(turn=0.4))
    seen = stem.observe()
    sent = stem.step(Command(forward=9.0, turn=-9.0, tilt=3.0), seen)
    assert sent == Command(forward=0.25, turn=-0.4, tilt=0.0)  # it has no tilt at all
    assert stem.clipped == 1
    assert stem.step(Command(forward=0.1), stem.observe()) == Command(forward=0.1)
    assert stem.clipped == 1


def test_it_stops_before_a_wall_however_long_it_is_pushed() -> None:
    body = BoxBody(BoxWorld([wall_x(2.0, -3.0, 3.0)]), 0.3, 0.0)
    stem = Brainstem(body)
    for _ in range(15):
        stem.step(Command(forward=0.25), stem.observe())
        assert not body.collided
    assert 1.7 < body.x < 2.0 - body.radius
    assert stem.reflexes > 0


@pytest.mark.parametrize(("box", "stops"), [
    ((0.5, -0.3, 0.0, 0.7, 0.3, 0.5), True),  # a stool
    ((0.5, 0.3, 0.0, 0.7, 0.9, 1.2), False),  # beside the way
    ((0.5, -0.3, 1.8, 0.7, 0.3, 2.2), False),  # a lamp overhead
    ((0.5, -0.3, 0.0, 0.7, 0.3, 0.03), False),  # a doormat
])  # fmt: skip
def test_only_what_is_in_the_way_stops_it(box: tuple[float, ...], stops: bool) -> None:
    body = BoxBody(BoxWorld([box]), -0.6, 0.0)
    free = free_distance(body.observe(), body.radius, ZoneConfig())
    assert (free < 1.0) == stops
    if stops:
        assert free == pytest.approx(0.5 + 0.6 - body.radius, abs=0.03)


def test_turning_is_never_stopped() -> None:
    body = BoxBody(BoxWorld([wall_x(0.25, -3.0, 3.0)]), 0.0, 0.0)
    stem = Brainstem(body)
    assert stem.step(Command(forward=0.25, turn=0.5), stem.observe()).turn == 0.5
    assert stem.step(Command(forward=-0.2), stem.observe()).forward == -0.2


def test_a_few_stray_points_do_not_stop_it() -> None:
    stem = Brainstem(BoxBody(BoxWorld(), 0.0, 0.0))
    seen = stem.observe()
    seen.depth[60, 80] = 0.2
    assert stem.step(Command(forward=0.2), seen).forward == 0.2


def test_a_stale_command_is_replaced_by_a_stop() -> None:
    stem = Brainstem(BoxBody(two_rooms(), 2.0, 2.0), Limits(max_age=1))
    old = stem.observe()
    for _ in range(2):
        stem.step(Command(turn=0.1), stem.observe())
    stem.observe()
    assert stem.step(Command(forward=0.25), old) == Command()
    assert stem.stale == 1


def test_misuse_is_refused() -> None:
    stem = Brainstem(BoxBody(BoxWorld(), 0.0, 0.0))
    seen = stem.body.observe()
    with pytest.raises(BodyError, match="observe first"):
        stem.step(Command(), seen)
    stem.observe()
    with pytest.raises(BodyError, match="finite"):
        stem.step(Command(turn=np.nan), seen)
    with pytest.raises(ConfigError, match="forward"):
        Limits(forward=-1.0)
    assert stem.stop() == Command()
