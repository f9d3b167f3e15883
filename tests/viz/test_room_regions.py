import numpy as np
import pytest

from embodied_mem.memory.facts import MapFact, ObjectFact
from embodied_mem.viz.map_layers import without_furniture
from embodied_mem.viz.reading import FloorMap, ObjectEntry
from embodied_mem.viz.room_regions import room_regions
from memory_fixture import CELL, ROOMS, occupancy_grid


def two_rooms(cells: int) -> np.ndarray:
    grid = np.full((cells, 2 * cells), 2, np.uint8)
    grid[2:-2, 2 : cells - 1] = 1
    grid[2:-2, cells + 1 : -2] = 1
    grid[cells // 2 - cells // 20 : cells // 2 + cells // 20, cells - 1 : cells + 1] = 1
    return grid


@pytest.mark.parametrize("cells", [60, 400])
def test_rooms_meet_in_the_doorway_even_if_a_seed_is_off_centre(cells: int) -> None:
    grid = two_rooms(cells)
    cell = 6.0 / cells
    seeds = [(0, np.array([[5.2, 3.0]])), (1, np.array([[11.0, 1.0]]))]
    regions = room_regions(grid, cell, seeds)
    left, right = regions[grid == 1], regions[:, cells + cells // 10 :]
    assert (regions[grid != 1] == -1).all()
    assert (left >= 0).all()
    assert (regions[:, : cells - cells // 10][grid[:, : cells - cells // 10] == 1] == 0).all()
    assert (right[grid[:, cells + cells // 10 :] == 1] == 1).all()


def test_the_rooms_of_the_flat_are_found_from_their_centres() -> None:
    grid = occupancy_grid()
    boxes = list(ROOMS.values())
    seeds = [
        (i, np.array([[(x0 + x1) / 2 + 0.5, (y0 + y1) / 2 + 0.5]]))
        for i, (x0, y0, x1, y1) in enumerate(boxes)
    ]
    regions = room_regions(grid, CELL, seeds)
    right = total = 0
    for index, (x0, y0, x1, y1) in enumerate(boxes):
        rows = slice(round((y0 + 0.6) / CELL), round((y1 + 0.4) / CELL))
        columns = slice(round((x0 + 0.6) / CELL), round((x1 + 0.4) / CELL))
        inside = regions[rows, columns][grid[rows, columns] == 1]
        right += int((inside == index).sum())
        total += inside.size
    assert right / total > 0.95


def test_nothing_free_or_no_seed_gives_no_region() -> None:
    assert (room_regions(np.zeros((5, 5), np.uint8), 0.1, [(0, np.zeros((1, 2)))]) == -1).all()
    assert (room_regions(np.ones((5, 5), np.uint8), 0.1, []) == -1).all()


def test_free_space_that_no_seed_reaches_stays_without_a_room() -> None:
    grid = two_rooms(60)
    grid[:, 58:62] = 2
    regions = room_regions(grid, 0.1, [(3, np.array([[3.0, 3.0]]))])
    assert (regions[:, :58][grid[:, :58] == 1] == 3).all()
    assert (regions[:, 62:] == -1).all()


def test_furniture_is_opened_for_the_rooms_and_walls_with_pictures_are_not() -> None:
    grid = two_rooms(60)
    grid[20:30, 20:30] = 2

    def thing(low: tuple[float, float], high: tuple[float, float]) -> ObjectEntry:
        fact = ObjectFact(
            object_id="o",
            category="sofa",
            colour="red",
            position=(0, 0, 0),
            box_min=(*low, 0.0),
            box_max=(*high, 1.0),
            state="present",
            confidence=1,
            views=3,
            first_tick=0,
            last_tick=0,
        )
        return ObjectEntry(fact=fact, room=None, place=None)

    floor = FloorMap(fact=MapFact(origin=(-1.0, -2.0), cell=0.1), grid=grid)
    sofa, picture = thing((1.0, 0.0), (2.0, 1.0)), thing((4.85, 1.0), (4.95, 2.0))
    bare = without_furniture(floor, [sofa, picture])
    assert (bare[20:30, 20:30] == 1).all()
    assert np.array_equal(bare[:, 50:], grid[:, 50:])
