"""Frontiers: found where floor meets the unknown, named for as long as they last."""

import numpy as np
import pytest

from boxworld import BoxWorld, look_round, two_rooms, wall_y
from embodied_mem.errors import ConfigError
from embodied_mem.scene.frontiers import FrontierConfig, FrontierTracker
from embodied_mem.scene.occupancy import FREE, Occupancy, OccupancyConfig


def seen(world: BoxWorld, *spots: tuple[float, float], cell: float = 0.1) -> Occupancy:
    occupancy = Occupancy(OccupancyConfig(cell=cell))
    for x, y in spots:
        look_round(occupancy, world, x, y)
    return occupancy


def test_a_room_that_is_known_has_no_frontier() -> None:
    world = two_rooms()
    world.boxes.append((3.9, 1.4, 0.0, 4.0, 2.5, 2.1))  # the door is shut
    assert FrontierTracker().update(seen(world, (2.0, 2.0), (1.0, 1.0)), (2.0, 2.0), 0) == ()


@pytest.mark.parametrize("cell", [0.05, 0.1])
def test_the_dark_corners_behind_a_door_are_frontiers(cell: float) -> None:
    occupancy = seen(two_rooms(), (2.0, 2.0), cell=cell)
    found = FrontierTracker().update(occupancy, (2.0, 2.0), 3)
    assert 2 <= len(found) <= 6
    assert all(f.centroid[0] > 4.0 and f.length >= 0.3 and f.first_tick == 3 for f in found)
    ups = [f.direction[1] for f in found]
    assert max(ups) > 0.5 and min(ups) < -0.5  # one side leads up, the other down
    mask = occupancy.traversable(0.18)
    for frontier in found:
        row, col = occupancy.cells_of(frontier.standpoint)[0]
        assert mask[row, col]
        assert np.hypot(*(frontier.standpoint - frontier.centroid)) < 0.6
        assert np.hypot(*frontier.direction) == pytest.approx(1.0)
        ahead = frontier.centroid + np.outer(np.arange(0.2, 1.0, cell), frontier.direction)
        assert (occupancy.states_at(ahead) != FREE).mean() > 0.7


def test_ids_stay_while_a_frontier_is_pushed_back() -> None:
    world, tracker = two_rooms(), FrontierTracker()
    occupancy = seen(world, (2.0, 2.0))
    first = tracker.update(occupancy, (2.0, 2.0), 0)
    for tick, x in enumerate(np.arange(2.0, 3.6, 0.1), start=1):
        occupancy.integrate(world.frame(x, 1.95, 0.0))
        last = tracker.update(occupancy, (x, 1.95), tick)
    kept = {f.id for f in first} & {f.id for f in last}
    assert len(kept) >= 2
    moved = [np.hypot(*(a.centroid - b.centroid)) for a in first for b in last if a.id == b.id]
    assert max(moved) > 0.3


def test_nothing_is_recomputed_while_the_map_stays_the_same() -> None:
    tracker = FrontierTracker()
    occupancy = seen(two_rooms(), (2.0, 2.0))
    first = tracker.update(occupancy, (2.0, 2.0), 0)
    assert tracker.update(occupancy, (2.1, 2.0), 1) is first


def test_a_retired_frontier_does_not_come_back() -> None:
    world, tracker = two_rooms(), FrontierTracker()
    occupancy = seen(world, (2.0, 2.0))
    gone = tracker.update(occupancy, (2.0, 2.0), 0)[0]
    tracker.retire(gone.id)
    tracker.retire("frontier-9999")  # has gone by itself
    occupancy.touch([[1.0, 1.0]])
    later = tracker.update(occupancy, (2.0, 2.0), 1)
    assert gone.id not in {f.id for f in later}
    cells = {tuple(c) for f in later for c in f.cells}
    assert not cells & {tuple(c) for c in gone.cells}


def test_a_frontier_that_does_not_resolve_is_retired_by_itself() -> None:
    tracker = FrontierTracker(FrontierConfig(visited_ticks=5))
    occupancy = seen(two_rooms(), (2.0, 2.0))
    frontier = tracker.update(occupancy, (2.0, 2.0), 0)[0]
    for tick in range(1, 6):
        left = tracker.update(occupancy, frontier.standpoint, tick)
    assert frontier.id not in {f.id for f in left}


def test_floor_beyond_a_barrier_is_no_frontier() -> None:
    shell = [wall_y(-0.1, -9.0, 9.0), wall_y(4.0, -9.0, 9.0)]
    counter = (4.0, 0.0, 0.0, 4.1, 4.0, 0.6)  # one sees over it but cannot pass
    occupancy = Occupancy()
    for x in (1.0, 2.0, 3.0):
        look_round(occupancy, BoxWorld([*shell, counter]), x, 2.0)
    assert occupancy.states_at([[6.0, 2.0]])[0] == FREE
    found = FrontierTracker().update(occupancy, (2.0, 2.0), 0)
    assert found and all(f.centroid[0] < 4.0 for f in found)


def test_long_frontiers_are_split() -> None:
    world = BoxWorld([])  # an endless floor: the border is the circle of the map's reach
    occupancy = Occupancy()
    look_round(occupancy, world, 0.0, 0.0)
    config = FrontierConfig()
    found = FrontierTracker(config).update(occupancy, (0.0, 0.0), 0)
    assert len(found) > 8
    assert all(f.length <= config.max_length + 0.2 for f in found)
    for frontier in found:
        spread = (frontier.cells[:, ::-1] + 0.5) * 0.1
        bearing = np.unwrap(np.sort(np.arctan2(spread[:, 1], spread[:, 0])))
        assert min(np.ptp(bearing), 2 * np.pi - np.ptp(bearing)) <= config.max_angle


def test_an_empty_map_has_no_frontier() -> None:
    assert FrontierTracker().update(Occupancy(), (0.0, 0.0), 0) == ()


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError):
        FrontierConfig(min_length=0.0)
