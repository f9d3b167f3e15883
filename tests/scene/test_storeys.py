"""Floors are told apart by the body's height; stairs belong to the map of neither."""

import numpy as np
import pytest

from embodied_mem.scene.borders import FrontierConfig
from embodied_mem.scene.occupancy import FREE, OCCUPIED, OccupancyConfig
from embodied_mem.scene.places import PlaceConfig
from embodied_mem.scene.storeys import StoreyConfig, Storeys
from stairwell import RUN, UPPER, WIDTH, height_at, seen, stairwell

WORLD = stairwell()
MIDDLE = WIDTH / 2


def storeys() -> Storeys:
    it = Storeys(StoreyConfig(), OccupancyConfig(), FrontierConfig(), PlaceConfig())
    it.climbs = True
    return it


def show(it: Storeys, x: float, y: float, z: float, yaw: float, tick: int) -> None:
    """Lets the floors take a picture in as the scene does."""
    frame = seen(WORLD, x, y, z, yaw, tick)
    it.stand(frame)
    if not it.between:
        it.current.occupancy.integrate(frame)
        it.look(frame)
        it.current.tracker.update(it.current.occupancy, (x, y), tick)


def turn(it: Storeys, x: float, y: float, z: float, first: int) -> None:
    for k in range(12):
        show(it, x, y, z, k * np.pi / 6, first + k)


def climbed() -> Storeys:
    """Looks round below, goes up the flight, and looks round above."""
    it = storeys()
    turn(it, -1.2, MIDDLE, 0.0, 0)
    for k, x in enumerate(np.arange(-0.4, RUN + 0.8, 0.25)):
        show(it, float(x), MIDDLE, height_at(float(x), MIDDLE, x > 2.0), 0.0, 12 + k)
    turn(it, RUN + 0.7, MIDDLE, UPPER, 60)
    return it


def test_one_floor_is_one_floor_whatever_the_noise() -> None:
    it = storeys()
    for k, z in enumerate((0.0, 0.03, -0.04, 0.06, 0.15, 0.0)):  # 0.15: a sill
        show(it, -1.0 - 0.2 * k, MIDDLE, z, np.pi, k)
    assert len(it.floors) == 1 and not it.between and it.current.index == 0


def test_climbing_opens_a_floor_and_leaves_the_lower_map_alone() -> None:
    it = storeys()
    turn(it, -1.2, MIDDLE, 0.0, 0)
    (stairs,) = it.stairs
    assert (stairs.lower, stairs.upper, stairs.measured) == (0, 1, False)
    below = it.current.occupancy
    before = below.states.copy()
    for k, x in enumerate(np.arange(0.6, RUN, 0.25)):
        show(it, float(x), MIDDLE, height_at(float(x), MIDDLE, x > 2.0), 0.0, 12 + k)
        assert it.between
    assert np.array_equal(below.states, before)
    for k in range(4):
        show(it, RUN + 0.2 + 0.25 * k, MIDDLE, UPPER, 0.0, 40 + k)
    assert [floor.index for floor in it.floors] == [0, 1] and not it.between
    assert it.current.index == 1 and it.current.height == pytest.approx(UPPER, abs=0.01)
    assert it.stairs[0].measured


def test_nobody_may_drive_over_the_stairwell_and_it_is_no_frontier() -> None:
    above = climbed().floors[1].occupancy
    well = np.array([(x, y) for x in np.arange(RUN - 2.0, RUN - 0.1, 0.1) for y in (0.3, 0.5, 0.7)])
    assert (above.states_at(well) != FREE).all()
    assert (above.states_at(well) == OCCUPIED).mean() > 0.9
    assert (above.states_at([(RUN + 0.6, MIDDLE), (RUN + 1.5, MIDDLE)]) == FREE).all()
    walkable = above.traversable(0.18)
    rows, cols = above.cells_of(well).T
    assert not walkable[rows, cols].any()
    for frontier in climbed().floors[1].frontiers:
        x, y = frontier.centroid
        assert not (0.0 < x < RUN and 0.0 < y < WIDTH)


def test_names_differ_over_all_floors() -> None:
    it = climbed()
    for floor in it.floors:
        floor.finder.find(floor.occupancy)
    places = [place.id for floor in it.floors for place in floor.finder.places]
    frontiers = [frontier.id for floor in it.floors for frontier in floor.frontiers]
    assert places and len(set(places)) == len(places)
    assert len(set(frontiers)) == len(frontiers)
    assert {place.floor for floor in it.floors for place in floor.finder.places} == {0, 1}


def test_a_floor_found_below_the_first_takes_its_number() -> None:
    it = storeys()
    turn(it, RUN + 0.9, MIDDLE, UPPER, 0)
    (stairs,) = it.stairs
    assert (stairs.lower, stairs.upper) == (0, 1)
    assert it.current.index == 1 and it.floor(0) is None
    assert it.index_at(UPPER + 0.5) == 1 and it.index_at(0.5) == 0


def test_a_visit_begins_on_the_floor_that_is_remembered_there() -> None:
    it = storeys()
    it.expect({0: 0.0, 1: UPPER})
    show(it, RUN + 2.0, MIDDLE, UPPER, 0.0, 0)
    assert it.current.index == 1 and it.floor(0) is None
    assert it.heights == {0: 0.0, 1: pytest.approx(UPPER)}
