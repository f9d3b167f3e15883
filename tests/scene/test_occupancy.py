"""The occupancy map: what is seen appears, what is seen through goes, nothing else changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxworld import BoxWorld, look_round, table, two_rooms, wall_x
from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import make_frame
from embodied_mem.scene.occupancy import FREE, OCCUPIED, UNKNOWN, Band, Occupancy, OccupancyConfig


def seen_rooms(world: BoxWorld, cell: float = 0.1) -> Occupancy:
    occupancy = Occupancy(OccupancyConfig(cell=cell))
    for x, y in ((2.0, 2.0), (4.0, 1.95), (6.0, 2.0)):
        look_round(occupancy, world, x, y)
    return occupancy


def grid(x0: float, x1: float, y0: float, y1: float, step: float = 0.1) -> np.ndarray:
    xs, ys = np.meshgrid(np.arange(x0, x1, step), np.arange(y0, y1, step))
    return np.stack([xs.ravel(), ys.ravel()], axis=1)


@pytest.mark.parametrize("cell", [0.05, 0.1, 0.2])
def test_floor_is_free_walls_are_occupied_and_beyond_is_unknown(cell: float) -> None:
    occupancy = seen_rooms(two_rooms(), cell)
    assert (occupancy.states_at(grid(0.3, 3.7, 0.3, 3.7)) == FREE).mean() > 0.99
    assert (occupancy.states_at(grid(4.4, 7.7, 0.3, 3.7)) == FREE).mean() > 0.99
    assert (occupancy.states_at([[4.0 + 0.01, y] for y in np.arange(0.2, 1.2, 0.1)]) == 2).all()
    assert occupancy.states_at([[4.05, 1.95]])[0] == FREE  # the doorway
    assert (occupancy.states_at(grid(-2.0, -0.4, 0.0, 4.0)) == UNKNOWN).all()
    assert occupancy.explored_area == pytest.approx((8.0 + 2 * cell) * (4.0 + 2 * cell), rel=0.06)


def test_a_chair_that_moves_in_appears_and_one_that_leaves_vanishes() -> None:
    world = two_rooms()
    occupancy = seen_rooms(world)
    chair = grid(2.05, 2.4, 1.85, 2.15)
    world.boxes.append((2.0, 1.8, 0.0, 2.45, 2.2, 0.9))
    for _ in range(2):
        occupancy.integrate(world.frame(0.6, 2.0, 0.0))
    assert occupancy.states_at([[2.05, 2.0]])[0] == OCCUPIED
    for _ in range(3):
        occupancy.integrate(world.frame(0.6, 2.0, 0.0))
    world.boxes.pop()
    for _ in range(4):
        occupancy.integrate(world.frame(0.6, 2.0, 0.0))
    assert (occupancy.states_at(chair) == FREE).all()


def test_thin_table_tops_legs_and_poles_stay_while_the_body_walks_past() -> None:
    world = two_rooms()
    world.boxes += table(1.0, 2.6)
    world.boxes.append((3.0, 0.5, 0.0, 3.03, 0.53, 1.6))  # a floor lamp's pole
    occupancy = seen_rooms(world)
    for x in np.arange(0.6, 3.5, 0.25):
        for yaw in np.arange(8) * np.pi / 4:
            occupancy.integrate(world.frame(x, 1.4, yaw))
    assert (occupancy.states_at(grid(1.05, 2.2, 2.65, 3.4)) == OCCUPIED).all()
    assert occupancy.states_at([[3.015, 0.515]])[0] == OCCUPIED
    assert (occupancy.states_at(grid(1.05, 2.2, 2.0, 2.5)) == FREE).all()


def test_depth_noise_makes_no_obstacles_on_the_floor() -> None:
    world, rng = two_rooms(), np.random.default_rng(5)
    occupancy = Occupancy()
    for yaw in np.arange(24) * np.pi / 12:
        seen = world.observe(2.0, 2.0, yaw)
        depth = seen.depth
        depth += rng.normal(0.0, 0.002 + 0.003 * depth**2).astype(np.float32)
        depth[rng.random(depth.shape) < 0.05] = 0.0
        occupancy.integrate(make_frame(seen, stride=1))
    floor = occupancy.states_at(grid(0.4, 3.6, 0.4, 3.6))
    assert (floor == OCCUPIED).mean() < 0.01
    assert (floor == FREE).mean() > 0.97


def test_growth_keeps_what_is_known_where_it_is() -> None:
    world = two_rooms()
    occupancy = seen_rooms(world)
    points = grid(-1.0, 9.0, -1.0, 5.0)
    before, shape = occupancy.states_at(points), occupancy.states.shape
    occupancy.integrate(world.frame(-14.0, -9.0, np.pi))
    assert occupancy.states.shape[0] > shape[0] and occupancy.states.shape[1] > shape[1]
    assert (occupancy.states_at(points) == before).all()


def test_far_things_change_nothing() -> None:
    world = BoxWorld([wall_x(7.0, -3.0, 3.0)])
    occupancy = Occupancy()
    occupancy.integrate(world.frame(0.0, 0.0, 0.0))
    assert not (occupancy.states == OCCUPIED).any()


def test_a_view_that_repeats_settles() -> None:
    world = two_rooms()
    occupancy = Occupancy()
    for _ in range(8):
        occupancy.integrate(world.frame(2.0, 2.0, 0.3))
    revision = occupancy.revision
    for _ in range(20):
        occupancy.integrate(world.frame(2.0, 2.0, 0.3))
    assert occupancy.revision == revision


def test_the_body_starts_on_an_island_that_reaches_what_it_sees() -> None:
    occupancy = Occupancy()
    look_round(occupancy, two_rooms(), 2.0, 2.0)
    assert (occupancy.states_at(grid(1.2, 2.8, 1.2, 2.8)) == FREE).all()


def test_the_start_does_not_reach_through_a_wall() -> None:
    occupancy = Occupancy()
    look_round(occupancy, two_rooms(), 3.7, 0.5)
    assert (occupancy.states_at(grid(4.2, 5.0, 0.2, 1.0)) == UNKNOWN).all()


def test_what_is_felt_is_an_obstacle_until_the_body_stands_there() -> None:
    world = two_rooms()
    occupancy = seen_rooms(world)
    occupancy.touch([[2.55, 2.05]])
    assert occupancy.states_at([[2.55, 2.05]])[0] == OCCUPIED
    occupancy.integrate(world.frame(2.55, 2.05, np.pi / 2))
    assert occupancy.states_at([[2.55, 2.05]])[0] == FREE


def test_bands_tell_walls_lintels_and_furniture_apart() -> None:
    world = two_rooms()
    world.boxes.append((6.0, 0.0, 0.0, 7.0, 0.4, 1.2))
    occupancy = seen_rooms(world)
    look_round(occupancy, world, 7.4, 2.0)
    row, col = occupancy.cells_of([[4.05, 1.95]])[0]
    assert occupancy.layer(Band.LINTEL)[row, col] and not occupancy.wall_layer()[row, col]
    row, col = occupancy.cells_of([[6.5, 0.35]])[0]
    assert occupancy.layer(Band.LOW)[row, col] and not occupancy.wall_layer()[row, col]


def test_traversable_cells_keep_the_body_clear_of_obstacles() -> None:
    occupancy = seen_rooms(two_rooms())
    mask = occupancy.traversable(0.18)
    cells = np.argwhere(mask)
    obstacles = occupancy.centres_of(np.argwhere(occupancy.states == OCCUPIED))
    for centre in occupancy.centres_of(cells)[::37]:
        assert np.hypot(*(obstacles - centre).T).min() >= 0.19
    narrow = occupancy.traversable(0.6)
    assert not narrow[tuple(occupancy.cells_of([[4.05, 1.95]])[0])]  # too wide for the door


@given(x=st.floats(-50, 50), y=st.floats(-50, 50), cell=st.sampled_from([0.05, 0.1, 0.25]))
def test_cells_and_centres_are_inverse(x: float, y: float, cell: float) -> None:
    occupancy = Occupancy(OccupancyConfig(cell=cell))
    occupancy.corner = (-37, 112)
    cells = occupancy.cells_of([[x, y]])
    assert np.abs(occupancy.centres_of(cells) - [x, y]).max() <= 0.5 * cell + 1e-9
    assert (occupancy.cells_of(occupancy.centres_of(cells)) == cells).all()


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="positive"):
        OccupancyConfig(cell=0.0)
    with pytest.raises(ConfigError, match="ordered"):
        OccupancyConfig(odds_min=0.5)
