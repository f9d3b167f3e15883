"""Shortest ways on the true floor, and from where things show."""

from itertools import pairwise

import numpy as np
import pytest

from embodied_mem_envs.evaluation.truth import box_gaps
from embodied_mem_envs.house import CameraConfig, House, HouseBody, generate_house
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.tasks.room_tour import shortest_tour
from embodied_mem_envs.tasks.sight import VIEWPOINT_GAP, Sight, look_at
from embodied_mem_envs.tasks.true_floor import TrueFloor


@pytest.fixture(scope="module")
def house() -> House:
    return generate_house(5, HouseConfig(rooms=5))


@pytest.fixture(scope="module")
def floor(house: House) -> TrueFloor:
    return TrueFloor(house)


def test_nothing_solid_is_walked_through(house: House, floor: TrueFloor) -> None:
    assert house.floor().clearance(floor.points[:, :2]).min() >= 0.18
    far = int(np.nan_to_num(floor.distances([(*house.start[:2], 0)]), posinf=-1).argmax())
    way = floor.path((*house.start[:2], 0.0), [far])
    assert way is not None
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert steps.max() <= 0.1 * np.sqrt(5) + 1e-9
    between = 0.5 * (way[1:] + way[:-1])
    assert house.floor().clearance(between[:, :2]).min() > 0.1


def test_distances_are_those_of_the_path_and_nearly_straight_in_the_open(
    house: House, floor: TrueFloor
) -> None:
    start = floor.points[floor.node_at((*house.start[:2], 0.0))]
    distances = floor.distances([start])
    straight = np.linalg.norm(floor.points - start, axis=1)
    reached = np.isfinite(distances)
    assert (distances[reached] >= straight[reached] - 1e-9).all()
    near = reached & (straight < 0.6)
    open_floor = near & (floor.clearance > 0.7)
    assert open_floor.sum() > 20
    assert (distances[open_floor] <= 1.03 * straight[open_floor] + 0.01).all()
    goal = int(np.flatnonzero(reached)[-1])
    way = floor.path(start, [goal])
    assert way is not None
    length = np.linalg.norm(np.diff(way, axis=0), axis=1).sum()
    assert length == pytest.approx(distances[goal])


def test_two_floors_are_joined_by_the_stairs_only() -> None:
    house = generate_house(3, HouseConfig(rooms=6, floors=2))
    floor = TrueFloor(house)
    stairs = house.stairs
    assert stairs is not None and set(floor.floors.tolist()) == {-1, 0, 1}
    foot, head = (*stairs.end(0), 0.0), (*stairs.end(1), house.levels[1])
    up = floor.distances([foot])[floor.node_at(head)]
    slope = np.hypot(stairs.run, stairs.height)
    assert slope <= up <= slope + 1.3
    way = floor.path(foot, [floor.node_at(head)])
    assert way is not None and (np.diff(way[:, 2]) >= 0.0).all()
    assert floor.floor_at(head) == 1 and floor.floor_at(foot) == 0


def test_a_thing_shows_from_its_viewpoints_to_a_real_camera(house: House, floor: TrueFloor) -> None:
    camera = CameraConfig(width=320, height=240)
    sight = Sight(house, floor, camera)
    body = HouseBody(house, camera)
    body.connect()
    thing = next(thing for thing in house.objects if thing.category == "bed")
    nodes = sight.viewpoints(thing)
    assert len(nodes) > 5
    number = next(n for n, name in house.instance_to_object.items() if name == thing.id)
    for node in nodes[::4]:
        x, y, _ = floor.points[node].tolist()
        gap = box_gaps([x, y], [x, y], thing.box_min[:2], thing.box_max[:2])
        assert gap <= VIEWPOINT_GAP
        yaw = float(np.arctan2(thing.position[1] - y, thing.position[0] - x))
        body.place(x, y, yaw)
        assert (body.observe().instance == number).sum() >= 100


def test_walls_hide_things(house: House, floor: TrueFloor) -> None:
    sight = Sight(house, floor, CameraConfig())
    thing = next(thing for thing in house.objects if thing.category == "bed")
    room = house.room(thing.room)
    seen_from = [
        int(node)
        for node in np.flatnonzero(np.linalg.norm(floor.points - thing.position, axis=1) < 4.0)[::9]
        if sight.shows(thing, int(node))
    ]
    # Through the open door the bed shows from outside, too.
    inside = [room.contains(*floor.points[node, :2]) for node in seen_from]
    assert len(inside) > 20 and np.mean(inside) > 0.7
    distances = floor.distances([(*house.start[:2], 0.0)])
    metres, node = sight.nearest_view([thing], distances)
    assert node is not None and metres == distances[node] and sight.shows(thing, node)
    assert metres <= min(distances[each] for each in seen_from) + 0.3


def test_a_camera_looks_where_it_is_pointed() -> None:
    pose = look_at((1.0, 2.0, 1.25), (4.0, 2.0, 1.25))
    np.testing.assert_allclose(pose[:3, 2], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(pose[:3, 1], [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(pose), 1.0)


def test_a_tour_of_rooms_is_the_shortest_there_is(house: House, floor: TrueFloor) -> None:
    start = (*house.start[:2], 0.0)
    here = house.room_at(*house.start[:2])
    others = [room for room in house.rooms if here is None or room.id != here.id]
    metres, order = shortest_tour(house, floor, start, list(house.rooms))
    assert len(order) == len(others)
    legs = [floor.distances([start])[order[0]]]
    legs += [floor.distances_from([a])[b] for a, b in pairwise(order)]
    assert sum(legs) == pytest.approx(metres)
    visited = {house.room_at(*floor.points[node, :2]) for node in order}
    assert visited == set(others)
    singles = [shortest_tour(house, floor, start, [room])[0] for room in others]
    assert max(singles) <= metres <= 2 * sum(singles)
    assert shortest_tour(house, floor, start, [here] if here else []) == (0.0, [])
