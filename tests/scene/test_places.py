"""Places: rooms set apart by walls, doorways and lintels, and by nothing else."""

import numpy as np
import pytest

from boxworld import BoxWorld, look_round, two_rooms, wall_x, wall_y
from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import make_frame
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.scene.places import PlaceConfig, PlaceFinder
from embodied_mem_envs.house.body import CameraConfig, HouseBody
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House

SPOTS = ((1.0, 2.0), (3.0, 2.0), (5.0, 2.0), (7.0, 2.0))


def seen(world: BoxWorld, *spots: tuple[float, float]) -> Occupancy:
    occupancy = Occupancy()
    for x, y in spots:
        look_round(occupancy, world, x, y)
    return occupancy


def test_two_rooms_with_a_door_are_two_places() -> None:
    finder = PlaceFinder()
    a, b = finder.find(seen(two_rooms(), *SPOTS))
    assert a.neighbours == (b.id,) and b.neighbours == (a.id,)
    assert np.hypot(*(np.array(a.doorways[0]) - [4.05, 1.95])) < 0.2
    assert a.area == pytest.approx(16.0, rel=0.06) and b.area == pytest.approx(15.6, rel=0.06)
    assert a.elongation == pytest.approx(1.0, abs=0.1)
    assert a.bounds == pytest.approx((0.0, 0.0, 4.0, 4.0), abs=0.15)
    assert finder.place_at((0.5, 0.5)) == a.id and finder.place_at((7.5, 3.5)) == b.id
    assert finder.place_at((3.95, 0.5)) == a.id and finder.place_at((4.2, 0.5)) == b.id
    assert finder.place_at((30.0, 0.0)) is None


def test_a_door_as_high_as_the_wall_parts_rooms_too() -> None:
    world = two_rooms()
    world.boxes.pop()  # the lintel
    assert len(PlaceFinder().find(seen(world, *SPOTS))) == 2


def test_furniture_does_not_part_a_room() -> None:
    shell = [wall_y(-0.1, -0.1, 8.1), wall_y(4.0, -0.1, 8.1), wall_x(-0.1, -0.1, 4.1)]
    shelf = (4.0, 0.0, 0.0, 4.3, 3.2, 1.3)
    wardrobe = (2.0, 0.0, 0.0, 2.6, 2.9, 2.0)
    world = BoxWorld([*shell, wall_x(8.0, -0.1, 4.1), shelf, wardrobe])
    places = PlaceFinder().find(seen(world, *SPOTS, (1.0, 3.4), (5.0, 3.4)))
    assert len(places) == 1
    assert places[0].area == pytest.approx(32.0, rel=0.1)


def test_a_thing_on_a_table_or_by_the_wall_has_a_place() -> None:
    world = two_rooms()
    world.boxes.append((1.0, 1.0, 0.0, 2.4, 1.8, 0.75))
    finder = PlaceFinder()
    places = finder.find(seen(world, *SPOTS))
    assert finder.place_at((1.7, 1.4)) == places[0].id
    assert finder.place_at((0.02, 3.0)) == places[0].id
    assert finder.place_at((-0.6, 3.0)) is None  # behind the outer wall


def test_ids_stay_while_the_map_grows() -> None:
    world, finder = two_rooms(), PlaceFinder()
    occupancy = seen(world, (1.0, 2.0))
    first = finder.find(occupancy)
    name = finder.place_at((1.0, 2.0))
    for spot in SPOTS[1:]:
        look_round(occupancy, world, *spot)
    later = finder.find(occupancy)
    assert name is not None and finder.place_at((1.0, 2.0)) == name
    assert {p.id for p in first} <= {p.id for p in later}
    occupancy.integrate(world.frame(-20.0, -20.0, 0.0))  # the grid grows towards its origin
    assert {p.id for p in later} <= {p.id for p in finder.find(occupancy)}
    assert finder.place_at((1.0, 2.0)) == name


def test_an_empty_map_has_no_place() -> None:
    finder = PlaceFinder()
    assert finder.find(Occupancy()) == ()
    assert finder.place_at((0.0, 0.0)) is None


@pytest.mark.parametrize("seed", [2, 5, 9])
def test_rooms_of_generated_houses_are_found(seed: int) -> None:
    house = generate_house(seed)
    occupancy = _explored(house)
    finder = PlaceFinder()
    places = finder.find(occupancy)
    matched = 0
    for room in house.truth()["rooms"]:
        low, high = np.array(room["min"]), np.array(room["max"])
        name = finder.place_at(0.5 * (low + high))
        overlap = _iou(finder, occupancy, [p.id for p in places], name, low, high)
        matched += overlap >= 0.6
    assert matched >= 0.9 * len(house.rooms)
    assert len(places) <= len(house.rooms) + 1


def _iou(
    finder: PlaceFinder,
    occupancy: Occupancy,
    ids: list[str],
    name: str | None,
    low: np.ndarray,
    high: np.ndarray,
) -> float:
    if name is None:
        return 0.0
    cells = np.argwhere(finder.labels == ids.index(name) + 1)
    centres = occupancy.centres_of(cells)
    shared = ((centres > low) & (centres < high)).all(axis=1).sum() * occupancy.cell**2
    return shared / (len(cells) * occupancy.cell**2 + np.prod(high - low) - shared)


def _explored(house: House) -> Occupancy:
    """Shows a map the whole house from spots spread over its reachable floor."""
    mask, origin = house.reachable_floor(cell=0.1)
    body = HouseBody(house, CameraConfig(width=128, height=96))
    body.connect()
    occupancy = Occupancy()
    cells = np.argwhere(mask) * 0.1 + np.array(origin)[::-1] + 0.05
    spots: list[np.ndarray] = []
    for spot in cells:
        if all(np.hypot(*(spot - other)) > 1.3 for other in spots):
            spots.append(spot)
    for y, x in spots:
        for yaw in np.arange(6) * np.pi / 3:
            body.place(x, y, yaw)
            occupancy.integrate(make_frame(body.observe(), stride=1))
    return occupancy


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError):
        PlaceConfig(doorway=-1.0)
