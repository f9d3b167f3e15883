"""Goals are judged by the truth: each holds where it should and says why where it does not."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from embodied_mem_envs.tabletop.cell import default_cell
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, Level, TaskEpisode, make_episode
from embodied_mem_envs.tabletop.tasks.episode import Move, Spot
from embodied_mem_envs.tabletop.tasks.goals import At, Goal, Inside, Kept, Off, On, Outside
from embodied_mem_envs.tabletop.tasks.kinds import size_of
from embodied_mem_envs.tabletop.tasks.spots import floor_height
from embodied_mem_envs.tabletop.tasks.truth import Lying, TableTruth

CELL = default_cell()
CLOSED = {"left_drawer": 0.0, "right_drawer": 0.0}


def block(x: float, y: float, z: float = 0.02, **more: object) -> Lying:
    lying = Lying(position=np.array([x, y, z]), size=np.array([0.04, 0.04, 0.04]))
    return replace(lying, **more)  # type: ignore[arg-type]


def table(drawers: Mapping[str, float] = CLOSED, **things: Lying) -> TableTruth:
    return TableTruth(things=things, drawers=drawers, cell=CELL)


def start_of(episode: TaskEpisode) -> TableTruth:
    """How things lie when the instruction is given."""
    spots = {item.name: item.spot for item in episode.layout.items}
    spots |= {event.name: event.to for event in episode.history if isinstance(event, Move)}
    kinds = {item.name: item.kind for item in episode.layout.items}
    return table(**{name: lying(kinds[name], spot) for name, spot in spots.items()})


def lying(kind: str, spot: Spot) -> Lying:
    size = np.array(size_of(kind))
    z = floor_height(CELL, spot.place) + 0.5 * size[2]
    return Lying(position=np.array([spot.x, spot.y, z]), size=size, yaw=spot.yaw)


def moved(truth: TableTruth, name: str, position: list[float], yaw: float = 0.0) -> TableTruth:
    there = replace(truth.things[name], position=np.array(position), yaw=yaw)
    return replace(truth, things={**truth.things, name: there})


def fulfil(goal: Goal, truth: TableTruth) -> TableTruth:
    """Changes a truth so that one goal holds."""
    if isinstance(goal, Inside):
        low, high = truth.box(goal.place)
        height = floor_height(CELL, goal.place) + 0.5 * truth.things[goal.thing].size[2]
        return moved(truth, goal.thing, [*(0.5 * (low + high))[:2], height])
    if isinstance(goal, On):
        lower, size = truth.things[goal.base], truth.things[goal.thing].size
        step = np.array([0.0, 0.0, 0.5 * (lower.size[2] + size[2])])
        return moved(truth, goal.thing, (lower.position + step).tolist())
    if isinstance(goal, At):
        z = 0.5 * truth.things[goal.thing].size[2]
        return moved(truth, goal.thing, [goal.x, goal.y, z], goal.yaw or 0.0)
    if isinstance(goal, Off) and not goal.holds(truth):
        number = sorted(truth.things).index(goal.thing)
        return moved(truth, goal.thing, [0.31, -0.3 + 0.1 * number, 0.03])
    return truth


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_task_is_open_at_first_and_done_when_its_goals_are(family: str, level: Level) -> None:
    for seed in (0, 1, 5, 1011):
        episode = make_episode(family, level, seed)
        start = start_of(episode)
        before = episode.succeeded(start, None, start)
        assert not before.success and before.progress < 0.5 and before.why
        end, least = start, before.progress
        for goal in episode.goals:
            end = fulfil(goal, end)
            now = episode.succeeded(end, None, start).progress
            assert now >= least - 1e-9
            least = now
        said = f"There are {episode.answer} of them." if episode.answer is not None else None
        after = episode.succeeded(end, said, start)
        assert after.success and after.progress == 1.0 and after.why == ""


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"count"}))
def test_a_thing_on_the_floor_or_an_open_drawer_spoils_it(family: str, level: Level) -> None:
    episode = make_episode(family, level, 2)
    start = end = start_of(episode)
    for goal in episode.goals:
        end = fulfil(goal, end)
    assert episode.succeeded(end, None, start).success
    name = episode.layout.items[-1].name
    fallen = episode.succeeded(moved(end, name, [0.3, 0.9, -0.7]), None, start)
    assert not fallen.success and fallen.progress < 1.0 and "fell off" in fallen.why
    if family in ("put_away", "fetch", "restore", "set_table"):
        opened = replace(end, drawers={**CLOSED, "left_drawer": 0.8})
        outcome = episode.succeeded(opened, None, start)
        assert not outcome.success and "left_drawer is open by 80%" in outcome.why


def test_inside_follows_the_drawer_and_wants_the_thing_let_go() -> None:
    goal = Inside(thing="a", place="left_drawer")
    inside = block(0.83, 0.13, 0.04)
    assert goal.holds(table(a=inside))
    assert not goal.holds(table({"left_drawer": 1.0}, a=inside))
    assert goal.holds(table({"left_drawer": 1.0}, a=block(0.64, 0.13, 0.04)))
    assert not goal.holds(table(a=block(0.83, 0.13, 0.14)))  # on top of the chest
    assert not goal.holds(table(a=replace(inside, held=True)))
    assert "left_drawer" in goal.missing(table(a=block(0.4, 0.1)))


def test_on_wants_touch_and_support() -> None:
    goal = On(thing="a", base="b")
    assert goal.holds(table(a=block(0.405, 0.0, 0.06), b=block(0.4, 0.0)))
    assert not goal.holds(table(a=block(0.4, 0.0, 0.10), b=block(0.4, 0.0)))
    assert not goal.holds(table(a=block(0.425, 0.0, 0.06), b=block(0.4, 0.0)))
    assert not goal.holds(table(a=block(0.4, 0.0, 0.06, held=True), b=block(0.4, 0.0)))


def test_at_has_a_tolerance_and_minds_turns_where_asked() -> None:
    assert At(thing="a", x=0.4, y=0.1).holds(table(a=block(0.43, 0.1, yaw=1.0)))
    assert not At(thing="a", x=0.4, y=0.1).holds(table(a=block(0.45, 0.1)))
    assert not At(thing="a", x=0.4, y=0.1).holds(table(a=block(0.4, 0.1, 0.12)))
    turned = At(thing="a", x=0.4, y=0.1, yaw=0.1)
    assert turned.holds(table(a=block(0.4, 0.1, yaw=0.1 + np.pi)))
    assert not turned.holds(table(a=block(0.4, 0.1, yaw=0.8)))


def test_off_counts_the_whole_outline() -> None:
    goal = Off(thing="a", zone="lane")
    assert goal.holds(table(a=block(0.335, 0.0)))
    assert not goal.holds(table(a=block(0.335, 0.0, yaw=np.pi / 4)))
    near, start = table(a=block(0.35, 0.0)), table(a=block(0.40, 0.0))
    assert 0.0 < goal.share(near, start) < 1.0 and goal.share(start, start) == 0.0


def test_outside_and_kept() -> None:
    goal = Outside(thing="a", places=("red_bin", "blue_bin"))
    assert goal.holds(table(a=block(0.4, 0.0)))
    assert not goal.holds(table(a=block(0.32, -0.46, 0.03)))
    assert Kept(thing="a").holds(table(a=block(0.32, -0.46, 0.03)))
    assert not Kept(thing="a").holds(table(a=block(0.4, 0.7, 0.02)))


@pytest.mark.parametrize(
    "said", ["", "some", "There are 2 or 3.", "There are 4.", "Minus one", None]
)
def test_only_the_right_number_answers(said: str | None) -> None:
    episode = next(
        episode for seed in range(60) if (episode := make_episode("count", 1, seed)).answer == 2
    )
    start = start_of(episode)
    assert not episode.succeeded(start, said, start).success
    assert episode.succeeded(start, "two", start).success
