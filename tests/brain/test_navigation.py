"""Paths on the observed map: short, walkable, clear of obstacles, never over the unknown."""

import heapq

import numpy as np
import pytest

from boxworld import BoxWorld, look_round, two_rooms
from embodied_mem.brain.navigation import Navigator, Pose2, sight_clear, wrap_angle
from embodied_mem.scene.occupancy import FREE, OCCUPIED, UNKNOWN, Occupancy


def seen(world: BoxWorld, *spots: tuple[float, float]) -> Occupancy:
    occupancy = Occupancy()
    for x, y in spots:
        look_round(occupancy, world, x, y)
    return occupancy


@pytest.fixture(scope="module")
def rooms() -> Occupancy:
    return seen(two_rooms(), (2.0, 2.0), (4.0, 1.95), (6.0, 2.0))


def length(path: np.ndarray) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def test_a_path_leads_through_the_door_and_stays_walkable(rooms: Occupancy) -> None:
    start, goal = np.array([1.0, 3.4]), np.array([7.0, 3.4])
    path = Navigator().field(rooms, start).path_to(goal)
    assert path is not None
    assert np.allclose(path[0], start) and np.hypot(*(path[-1] - goal)) < 0.1
    shortest = np.hypot(3.0, 1.45) + np.hypot(3.0, 1.45)  # by way of the door's middle
    assert length(path) < 1.12 * shortest
    mask = rooms.traversable(0.18)
    assert sight_clear(mask, rooms, path[:-1], path[1:]).all()
    door = path[(path[:, 0] > 3.8) & (path[:, 0] < 4.3)]
    assert len(path) < 14
    assert all(abs(y - 1.95) < 0.2 for y in door[:, 1])


def test_unknown_cells_are_not_walked_on() -> None:
    occupancy = Occupancy()
    occupancy.integrate(two_rooms().frame(2.0, 2.0, 0.0))
    field = Navigator().field(occupancy, (2.0, 2.0))
    assert field.path_to((0.5, 3.8)) is None and field.cost_to((0.5, 3.8)) == np.inf
    cells, costs = field.reachable_cells()
    assert (occupancy.states[tuple(cells.T)] == FREE).all() and np.isfinite(costs).all()


def test_what_is_cut_off_cannot_be_reached(rooms: Occupancy) -> None:
    world = two_rooms()
    world.boxes.append((4.0, 1.5, 0.0, 4.1, 2.4, 0.5))  # a gate one sees over
    shut = seen(world, (2.0, 2.0), (1.0, 1.0))
    assert (shut.states_at([[5.8, 2.0]]) == FREE).all()
    assert Navigator().field(shut, (2.0, 2.0)).path_to((5.8, 2.0)) is None
    assert Navigator().field(rooms, (2.0, 2.0)).path_to((5.8, 2.0)) is not None


def test_a_changed_map_is_planned_on_anew() -> None:
    world = two_rooms()
    occupancy = seen(world, (2.0, 2.0), (4.0, 1.95), (6.0, 2.0))
    navigator = Navigator()
    assert navigator.field(occupancy, (2.0, 2.0)).path_to((6.0, 2.0)) is not None
    world.boxes.append((4.0, 1.5, 0.0, 4.1, 2.4, 2.05))
    for _ in range(4):
        occupancy.integrate(world.frame(2.0, 2.0, 0.0))
    assert navigator.field(occupancy, (2.0, 2.0)).path_to((6.0, 2.0)) is None


def test_costs_agree_with_a_plain_dijkstra() -> None:
    rng = np.random.default_rng(3)
    occupancy = Occupancy()
    occupancy.integrate(two_rooms().frame(2.0, 2.0, 0.0))
    occupancy.states[:] = UNKNOWN
    occupancy.states[10:40, 10:40] = np.where(rng.random((30, 30)) < 0.03, OCCUPIED, FREE)
    occupancy.revision += 1
    navigator = Navigator()
    graph = navigator.graph(occupancy)
    source = tuple(graph.cells[len(graph.cells) // 2])
    field = navigator.field(occupancy, occupancy.centres_of([source])[0])
    expected = _dijkstra(graph.mask, occupancy.clearance(), source)
    found = field.costs()
    assert np.allclose(found[graph.mask], expected[graph.mask], rtol=1e-4)


def _dijkstra(mask: np.ndarray, clearance: np.ndarray, source: tuple[int, int]) -> np.ndarray:
    factor = 1.0 + 2.0 * np.clip(1.0 - clearance / 0.4, 0.0, 1.0)
    cost = np.full(mask.shape, np.inf)
    cost[source] = 0.0
    heap = [(0.0, source)]
    while heap:
        here, (r, c) = heapq.heappop(heap)
        if here > cost[r, c]:
            continue
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                n = (r + dr, c + dc)
                if (dr or dc) and mask[n]:
                    step = 0.1 * np.hypot(dr, dc) * 0.5 * (factor[r, c] + factor[n])
                    if here + step < cost[n]:
                        cost[n] = here + step
                        heapq.heappush(heap, (cost[n], n))
    return cost


def test_a_viewpoint_sees_the_object_from_about_a_metre() -> None:
    world = two_rooms()
    box = (6.0, 3.4, 0.0, 7.0, 4.0, 0.9)
    world.boxes.append(box)
    occupancy = seen(world, (2.0, 2.0), (4.0, 1.95), (6.0, 2.0))
    navigator = Navigator()
    view = navigator.viewpoint(navigator.field(occupancy, (2.0, 2.0)), box[:3], box[3:])
    assert view is not None
    x, y = view.xy
    gap = np.hypot(x - np.clip(x, 6.0, 7.0), y - np.clip(y, 3.4, 4.0))
    assert 0.7 < gap < 1.3 and x > 4.1  # in the same room, not behind the wall
    ahead = np.array([np.cos(view.yaw), np.sin(view.yaw)])
    to = np.array([6.5, 3.7]) - view.xy
    assert ahead @ to / np.hypot(*to) > 0.99


@pytest.mark.parametrize(
    "box",
    [
        (7.36, 3.36, 0.0, 7.98, 3.98, 1.9),  # a cupboard: its own cells count as wall
        (6.03, 3.94, 1.1, 6.62, 3.99, 1.8),  # a picture, in the cells of the wall
    ],
)
def test_what_is_tall_or_hangs_on_a_wall_is_seen_from_before_it(box: tuple[float, ...]) -> None:
    world = two_rooms()
    world.boxes.append(box)
    occupancy = seen(world, (2.0, 2.0), (4.0, 1.95), (6.0, 2.0))
    navigator = Navigator()
    view = navigator.viewpoint(navigator.field(occupancy, (2.0, 2.0)), box[:3], box[3:])
    assert view is not None
    gap = np.hypot(*(np.clip(view.xy, box[:2], box[3:5]) - view.xy))
    assert 0.7 < gap < 1.3 and view.xy[0] > 4.1


@pytest.mark.parametrize("box", [(4.14, 3.0, 0.0, 4.7, 3.9, 0.8), (4.14, 3.0, 0.0, 4.7, 3.9, 1.8)])
def test_what_stands_behind_a_wall_is_not_seen_through_it(box: tuple[float, ...]) -> None:
    world = two_rooms()
    world.boxes.append(box)
    occupancy = seen(world, (2.0, 3.0), (4.0, 1.95), (6.0, 2.0))
    navigator = Navigator()
    view = navigator.viewpoint(navigator.field(occupancy, (3.0, 3.4)), box[:3], box[3:])
    assert view is not None and view.xy[0] > 4.1


def test_a_lookout_keeps_its_distance_and_sees_its_target(rooms: Occupancy) -> None:
    navigator = Navigator()
    place = navigator.lookout(navigator.field(rooms, (1.0, 1.0)), (4.6, 0.8), 1.0, 2.0)
    assert place is not None
    assert 0.95 < np.hypot(*(place - [4.6, 0.8])) < 2.05
    assert sight_clear(~rooms.opaque_layer(), rooms, place[None], np.array([[4.6, 0.8]]))[0]
    assert navigator.lookout(navigator.field(rooms, (1.0, 1.0)), (30.0, 0.0)) is None


def test_a_body_that_touches_an_obstacle_can_still_plan(rooms: Occupancy) -> None:
    path = Navigator().field(rooms, (0.12, 2.0)).path_to((3.0, 2.0))
    assert path is not None and length(path) < 3.2


def test_angles_wrap_and_bearings_point() -> None:
    assert wrap_angle(-np.pi) == pytest.approx(-np.pi)
    pose = Pose2(x=1.0, y=1.0, yaw=np.pi / 2)
    assert pose.bearing_to((0.0, 1.0)) == pytest.approx(np.pi / 2)
    assert pose.bearing_to((1.0, 5.0)) == pytest.approx(0.0)
