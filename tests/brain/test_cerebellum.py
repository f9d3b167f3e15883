"""Skills on a body that moves: they get there, look where they should, and give up in time."""

from collections.abc import Callable

import numpy as np
import pytest

from boxworld import BoxBody, BoxWorld, look_round, two_rooms
from embodied_mem.brain.brainstem import Brainstem
from embodied_mem.brain.cerebellum import Cerebellum
from embodied_mem.brain.navigation import wrap_angle
from embodied_mem.brain.skill import Status
from embodied_mem.brain.skills import STOP, FaceTowards, InOrder, LookAround, Senses
from embodied_mem.perception.frame import make_frame
from embodied_mem.scene.frontiers import FrontierTracker
from embodied_mem.scene.occupancy import Occupancy


class Walker:
    """A body with a map and a cerebellum, stepped until its skill ends."""

    def __init__(self, world: BoxWorld, x: float, y: float, seconds_per_tick: float = 1.0) -> None:
        self.body = BoxBody(world, x, y, seconds_per_tick=seconds_per_tick)
        self.stem = Brainstem(self.body)
        self.cerebellum = Cerebellum(seconds_per_tick=seconds_per_tick)
        self.occupancy = Occupancy()
        self.tracker = FrontierTracker()
        self.yaws: list[float] = []

    def run(self, start: Callable[[Cerebellum], None], max_ticks: int = 120) -> Status:
        start(self.cerebellum)
        for _ in range(max_ticks):
            seen = self.stem.observe()
            self.occupancy.integrate(make_frame(seen, 1))
            xy = seen.T_world_body[:2, 3]
            frontiers = self.tracker.update(self.occupancy, xy, seen.tick)
            senses = Senses.of(seen, self.occupancy, frontiers)
            self.yaws.append(senses.pose.yaw)
            command = self.cerebellum.step(senses)
            if not self.cerebellum.busy:
                return self.cerebellum.status
            self.stem.step(command, seen)
        raise AssertionError("the skill did not end")

    def knows(self, *spots: tuple[float, float]) -> "Walker":
        for x, y in spots:
            look_round(self.occupancy, self.body.world, x, y)
        return self


def test_look_around_sees_every_direction_once() -> None:
    walker = Walker(two_rooms(), 2.0, 2.0)
    assert walker.run(Cerebellum.look_around) is Status.SUCCEEDED
    assert len(walker.yaws) == 12
    gaps = np.diff(np.sort(np.mod(walker.yaws, 2 * np.pi)))
    assert np.allclose(gaps, np.pi / 6)


@pytest.mark.parametrize("seconds", [1.0, 0.2])
def test_go_to_walks_through_the_door_and_turns(seconds: float) -> None:
    walker = Walker(two_rooms(), 1.0, 3.2, seconds).knows((2.0, 2.0), (4.0, 1.95), (6.0, 2.0))
    ticks = int(60 / seconds)
    status = walker.run(lambda c: c.go_to((7.0, 0.8), yaw=np.pi / 2), ticks)
    assert status is Status.SUCCEEDED, walker.cerebellum.reason
    assert np.hypot(walker.body.x - 7.0, walker.body.y - 0.8) < 0.2
    assert abs(wrap_angle(walker.body.yaw - np.pi / 2)) < 0.06
    assert walker.body.path_length < 1.15 * (np.hypot(3.0, 1.25) + np.hypot(3.0, 1.15))
    assert not walker.body.collided


def test_a_chair_that_turns_up_on_the_way_is_walked_round() -> None:
    walker = Walker(two_rooms(), 0.8, 2.0).knows((2.0, 2.0))
    walker.body.world.boxes.append((1.9, 1.7, 0.0, 2.4, 2.3, 0.9))
    status = walker.run(lambda c: c.go_to((3.5, 2.0)))
    assert status is Status.SUCCEEDED, walker.cerebellum.reason
    assert np.hypot(walker.body.x - 3.5, walker.body.y - 2.0) < 0.2


def test_glass_is_felt_and_walked_round() -> None:
    world = two_rooms()
    world.ghosts.append((2.0, 1.8, 0.0, 2.05, 2.2, 1.0))
    walker = Walker(world, 0.8, 2.0).knows((2.0, 2.0))
    status = walker.run(lambda c: c.go_to((3.5, 2.0)))
    assert status is Status.SUCCEEDED, walker.cerebellum.reason
    assert walker.body.x > 3.2


def test_a_way_that_stays_blocked_is_given_up() -> None:
    world = two_rooms()
    world.ghosts.append((4.0, 1.5, 0.0, 4.1, 2.4, 2.0))  # a glass door
    walker = Walker(world, 2.0, 2.0).knows((2.0, 2.0), (3.6, 1.95), (6.0, 2.0))
    assert walker.run(lambda c: c.go_to((6.0, 2.0))) is Status.FAILED
    assert walker.cerebellum.reason
    assert walker.body.x < 4.0


def test_a_goal_in_the_unknown_fails_at_once() -> None:
    walker = Walker(two_rooms(), 2.0, 2.0)
    assert walker.run(lambda c: c.go_to((30.0, 2.0)), 2) is Status.FAILED
    assert "no way" in walker.cerebellum.reason


def test_go_to_object_ends_before_it_and_faces_it() -> None:
    world = two_rooms()
    box = (6.0, 3.4, 0.0, 7.0, 4.0, 0.9)
    world.boxes.append(box)
    walker = Walker(world, 1.0, 1.0).knows((2.0, 2.0), (4.0, 1.95), (6.0, 2.0))
    status = walker.run(lambda c: c.go_to_object(box[:3], box[3:]))
    assert status is Status.SUCCEEDED, walker.cerebellum.reason
    x, y = walker.body.x, walker.body.y
    assert 0.6 < np.hypot(x - np.clip(x, 6.0, 7.0), y - 3.4) < 1.4
    assert abs(wrap_angle(np.arctan2(3.7 - y, 6.5 - x) - walker.body.yaw)) < 0.1


def test_an_object_that_no_place_shows_fails() -> None:
    walker = Walker(two_rooms(), 1.0, 1.0).knows((2.0, 2.0))
    status = walker.run(lambda c: c.go_to_object((20.0, 0.0, 0.0), (21.0, 1.0, 1.0)), 3)
    assert status is Status.FAILED


def test_a_visit_ends_when_the_frontier_is_gone_or_pushed_back() -> None:
    walker = Walker(two_rooms(), 2.0, 2.0)
    walker.run(Cerebellum.look_around)
    before = walker.occupancy.explored_area
    frontier = walker.tracker.frontiers[0]
    assert walker.run(lambda c: c.visit(frontier)) is Status.SUCCEEDED
    assert walker.occupancy.explored_area > before


def test_face_turns_the_shorter_way() -> None:
    walker = Walker(two_rooms(), 2.0, 2.0)
    assert walker.run(lambda c: c.face((2.0, 0.5))) is Status.SUCCEEDED
    assert abs(wrap_angle(walker.body.yaw + np.pi / 2)) < 0.06
    assert len(walker.yaws) == 4  # three turns of thirty degrees and the end


def test_skills_in_order_stop_at_the_first_failure() -> None:
    walker = Walker(two_rooms(), 2.0, 2.0)
    gait = walker.cerebellum.gait

    class Refuses:
        status, reason = Status.RUNNING, ""
        left = False

        def enter(self, senses: Senses) -> None:
            self.status, self.reason = Status.FAILED, "refused"

        def step(self, senses: Senses) -> object:
            return STOP

        def leave(self) -> None:
            self.left = True

    refuses = Refuses()
    skills = InOrder([FaceTowards(gait, yaw=0.5), refuses, LookAround(gait)])  # type: ignore[list-item]
    assert walker.run(lambda c: c.start(skills)) is Status.FAILED
    assert walker.cerebellum.reason == "refused" and refuses.left


def test_a_skill_that_takes_over_makes_the_other_leave() -> None:
    walker = Walker(two_rooms(), 2.0, 2.0)
    cerebellum = walker.cerebellum
    assert not cerebellum.busy and cerebellum.status is Status.SUCCEEDED
    cerebellum.look_around()
    assert cerebellum.busy
    cerebellum.stop()
    assert not cerebellum.busy
