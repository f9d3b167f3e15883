"""Where to look next, on a map that a body made in a real house."""

import numpy as np
import pytest

from embodied_mem.brain.navigation import Navigator, Pose2
from embodied_mem.brain.seeking.approach import ApproachConfig, nearest_floor, nearest_view
from embodied_mem.brain.seeking.search import Known, Search, SearchConfig
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.seeking.target import read_target
from embodied_mem.perception import make_frame
from embodied_mem.scene.frontiers import FrontierTracker
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house

NOTHING = Known(
    centres=np.zeros((0, 2)),
    low=np.zeros((0, 2)),
    high=np.zeros((0, 2)),
    categories=(),
    weights=np.zeros(0),
)


class Looked:
    """One turn on the spot in a house."""

    def __init__(self, seed: int = 3) -> None:
        body = HouseBody(generate_house(seed), CameraConfig(width=160, height=120))
        body.connect()
        self.occupancy, tracker, self.searched = Occupancy(), FrontierTracker(), Searched()
        for _ in range(12):
            seen = body.observe()
            self.occupancy.integrate(make_frame(seen, 1))
            self.searched.add(seen)
            here = seen.T_world_body[:2, 3]
            self.frontiers = tracker.update(self.occupancy, here, seen.tick)
            self.pose = Pose2.of(seen.T_world_body)
            body.act(Command(turn=np.pi / 6))
        self.navigator = Navigator()


@pytest.fixture(scope="module")
def looked() -> Looked:
    """Read only, since several tests share it."""
    return Looked()


def beside(point: np.ndarray, category: str) -> Known:
    """One sure thing near a point."""
    centre = point[None] + 0.3
    return Known(
        centres=centre,
        low=centre - 0.2,
        high=centre + 0.2,
        categories=(category,),
        weights=np.ones(1),
    )


def test_a_frontier_beside_kin_is_worth_more(looked: Looked) -> None:
    target = read_target("find a toilet")
    assert target is not None
    assert looked.frontiers
    frontier = looked.frontiers[0]
    worth = {}
    for name in ("bathtub", "bed"):
        search = Search(looked.navigator, looked.searched)
        step = search.next_step(
            looked.occupancy,
            (frontier,),
            looked.pose,
            beside(frontier.centroid, name),
            target,
            blocks=False,
        )
        assert step is not None
        worth[name] = step.worth
    assert worth["bathtub"] > 2.0 * worth["bed"]


def test_the_nearest_frontier_is_chosen_where_that_is_asked_for(looked: Looked) -> None:
    target = read_target("find a mug")
    assert target is not None
    search = Search(looked.navigator, looked.searched, SearchConfig(nearest=True))
    step = search.next_step(looked.occupancy, looked.frontiers, looked.pose, NOTHING, target)
    assert step is not None
    assert step.frontier is not None
    field = looked.navigator.field(looked.occupancy, looked.pose.xy)
    costs = {f.id: field.cost_to(f.standpoint) for f in looked.frontiers}
    assert costs[step.frontier.id] == min(costs.values())


def test_without_frontiers_and_blocks_nothing_is_left(looked: Looked) -> None:
    target = read_target("find a mug")
    assert target is not None
    search = Search(looked.navigator, looked.searched)
    found = search.next_step(looked.occupancy, (), looked.pose, NOTHING, target, blocks=False)
    assert found is None


def test_floor_that_was_looked_at_is_not_searched_again_until_it_may_have_changed() -> None:
    looked = Looked()
    here = looked.pose.xy + np.array([np.cos(looked.pose.yaw), np.sin(looked.pose.yaw)])
    assert looked.searched.nearest(here[None])[0] < 2.0
    looked.searched.forget()
    assert np.isinf(looked.searched.nearest(here[None])[0])


def test_the_place_to_stop_is_within_reach_and_faces_the_box(looked: Looked) -> None:
    field = looked.navigator.field(looked.occupancy, looked.pose.xy)
    offset = np.array([1.5 * np.cos(0.3), 1.5 * np.sin(0.3), 0.0])
    middle = np.array([*looked.pose.xy, 0.5]) + offset
    low, high = middle - 0.1, middle + 0.1
    config = ApproachConfig()
    view = nearest_view(field, low, high, config)
    assert view is not None
    gap = np.hypot(*(np.clip(view.xy, low[:2], high[:2]) - view.xy))
    assert config.least < gap <= config.reach
    ahead = middle[:2] - view.xy
    assert np.cos(np.arctan2(ahead[1], ahead[0]) - view.yaw) > 0.999
    assert nearest_floor(field, middle + 100.0, middle + 100.2, 1.0) is None
