"""Stairs are found by their treads, from below and from above, and nothing else is."""

import numpy as np
import pytest

from boxworld import BoxWorld, table, two_rooms
from embodied_mem.scene.flights import Flight, FlightConfig, find_flight
from embodied_mem.scene.stairs import Stairs
from stairwell import RISE, RUN, TREAD, UPPER, WIDTH, seen, stairwell

FORWARD, BACK = 0.0, np.pi


def look(world: BoxWorld, x: float, y: float, z: float, yaw: float) -> Flight | None:
    return find_flight(seen(world, x, y, z, yaw), z, FlightConfig())


@pytest.mark.parametrize("x", [-0.6, -1.0, -1.5])
@pytest.mark.parametrize("turn", [-0.4, 0.0, 0.4])
def test_a_flight_is_found_from_below(x: float, turn: float) -> None:
    flight = look(stairwell(), x, WIDTH / 2, 0.0, FORWARD + turn)
    assert flight is not None and flight.up and flight.sure
    assert flight.rise == pytest.approx(RISE, abs=0.004)
    assert flight.tread == pytest.approx(TREAD, abs=0.04)
    assert flight.direction @ (1.0, 0.0) > np.cos(np.deg2rad(3.0))
    assert np.hypot(*(flight.edge - (0.0, WIDTH / 2))) < 0.15
    assert flight.width == pytest.approx(WIDTH, abs=0.1)


@pytest.mark.parametrize("turn", [-0.3, 0.0, 0.3])
def test_a_flight_is_found_from_above_by_its_fall(turn: float) -> None:
    flight = look(stairwell(), RUN + 0.45, WIDTH / 2, UPPER, BACK + turn)
    assert flight is not None and not flight.up
    assert flight.direction @ (1.0, 0.0) > np.cos(np.deg2rad(3.0))
    assert np.hypot(*(flight.edge - (RUN, WIDTH / 2))) < 0.15


def test_from_beside_the_first_steps_are_a_hint() -> None:
    world = stairwell()
    world.boxes.append((0.35, WIDTH, 0.0, RUN, WIDTH + 0.1, 2.4))
    flight = look(world, -0.2, WIDTH + 1.0, 0.0, -1.2)
    assert flight is not None and not flight.sure


@pytest.mark.parametrize("yaw", np.linspace(0.0, 2 * np.pi, 9).tolist())
def test_rooms_and_tables_are_no_stairs(yaw: float) -> None:
    world = two_rooms()
    world.boxes += table(1.0, 0.4)
    assert look(world, 2.0, 2.0, 0.0, yaw) is None


def test_shelves_are_no_stairs() -> None:
    boards = [(1.5, -0.5, z, 1.8, 0.5, z + 0.02) for z in np.arange(0.175, 1.3, 0.175)]
    flight = look(BoxWorld([tuple(map(float, board)) for board in boards]), 0.0, 0.0, 0.0, 0.0)
    assert flight is None or not flight.sure


def test_stairs_know_their_ends() -> None:
    stairs = Stairs(
        id="stairs-0000",
        lower=0,
        upper=1,
        foot=np.zeros(2),
        direction=np.array([1.0, 0.0]),
        width=WIDTH,
        rise=RISE,
        tread=TREAD,
        low=0.0,
        high=UPPER,
    )
    assert stairs.run == pytest.approx(RUN)
    assert stairs.landing(0)[0] < 0.0 and stairs.landing(1)[0] > RUN
    assert stairs.other(0) == 1 and stairs.covers((1.0, 0.0)) and not stairs.covers((1.0, 0.9))
    assert stairs.open_above(0.1)[:, 0].max() < RUN
