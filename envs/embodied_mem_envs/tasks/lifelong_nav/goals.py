"""Which goals an episode asks for, and where they are, by the truth."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from embodied_mem.types import Int64Array, Intrinsics, UInt8Array
from embodied_mem_envs.evaluation.truth import HouseView, view_house
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.tasks.house_world import HouseWorld
from embodied_mem_envs.tasks.lifelong_nav.config import LifelongNavConfig
from embodied_mem_envs.tasks.lifelong_nav.wording import (
    category_text,
    description_text,
    picture_text,
)
from embodied_mem_envs.tasks.sight import look_at

GoalKind = Literal["category", "description", "image"]
GOAL_KINDS: tuple[GoalKind, ...] = ("category", "description", "image")
PICTURE = 128
"""Side of the picture of a goal, pixels."""
_APART = 2.5
"""Metres between a goal and the one before, where the house allows it."""
_TRIES = 40
_SHARE = 0.25
"""So much of the picture of a goal should show it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """One thing to go to."""

    kind: GoalKind
    text: str
    target: str
    """Id of the thing that was drawn."""
    right: tuple[str, ...]
    """Ids of all things that are right."""
    asked_before: bool


class GoalDrawer:
    """Draws the goals of an episode, one after the other."""

    def __init__(
        self, world: HouseWorld, config: LifelongNavConfig, rng: np.random.Generator
    ) -> None:
        self._world = world
        self._config = config
        self._rng = rng
        self.goals: list[Goal] = []
        """All goals so far."""
        self.moved: set[str] = set()
        """What was moved since it was a goal; some of that is asked for again."""

    def draw(self) -> Goal:
        """Draws the next goal from the house as it is now."""
        house = self._world.house
        view = view_house(house.truth(), ())
        for attempt in range(_TRIES):
            apart = _APART if attempt < _TRIES // 2 else 0.0
            again = len(self.goals) >= 2 and self._rng.random() < self._config.asked_again
            candidates = self._old() if again else self._new(view)
            candidates = [thing for thing in candidates if self._is_apart(thing, apart)]
            if not candidates:
                continue
            goal = self._word(view, self._pick(candidates))
            if goal is not None:
                self.goals.append(goal)
                return goal
        raise AssertionError("every house holds things that can be described")

    def viewpoints(self, goal: Goal) -> Int64Array:
        """Returns the cells of the floor from which a right thing is seen from near by."""
        house, sight = self._world.house, self._world.sight
        found = [sight.viewpoints(house.object(name)) for name in goal.right]
        nodes = np.unique(np.concatenate(found))
        reachable: Int64Array = nodes[self._world.reachable[nodes]]
        return reachable

    def _old(self) -> list[HouseObject]:
        """Returns what was a goal before; not the goal just before."""
        names = dict.fromkeys(goal.target for goal in self.goals[:-1])
        names.pop(self.goals[-1].target, None)
        if self._rng.random() < self._config.moved_again:
            names = {name: None for name in names if name in self.moved} or names
        return [self._world.house.object(name) for name in names]

    def _new(self, view: HouseView) -> list[HouseObject]:
        """Returns what was no goal before, perhaps from rooms with former goals only."""
        house = self._world.house
        former = {name for goal in self.goals for name in goal.right}
        things = [house.object(name) for name in view.ids if name not in former]
        if self.goals and self._rng.random() < self._config.on_the_way:
            rooms = {house.object(goal.target).room for goal in self.goals}
            things = [thing for thing in things if thing.room in rooms] or things
        return things

    def _is_apart(self, thing: HouseObject, metres: float) -> bool:
        if not self.goals:
            here = self._world.body.true_place
        else:
            here = self._world.house.object(self.goals[-1].target).position
        return float(np.hypot(*np.subtract(thing.position, here)[:2])) >= metres

    def _pick(self, things: list[HouseObject]) -> HouseObject:
        """Draws a thing: one that is carried about, or one that stays."""
        portable = self._rng.random() < self._config.portable
        kinds = catalogue()
        like = [each for each in things if kinds.category(each.category).portable == portable]
        chosen = like or things
        return chosen[int(self._rng.integers(len(chosen)))]

    def _word(self, view: HouseView, thing: HouseObject) -> Goal | None:
        """Says a goal in one of the three ways; None where that is not possible or it is hidden."""
        kind = GOAL_KINDS[int(self._rng.integers(len(GOAL_KINDS)))]
        row = view.ids.index(thing.id)
        right: tuple[str, ...] = (thing.id,)
        text: str | None
        if kind == "category":
            text = category_text(view, thing.category, self._rng)
            right = tuple(
                n for n, c in zip(view.ids, view.categories, strict=True) if c == thing.category
            )
        elif kind == "description":
            text = description_text(view, self._world.house, row, self._rng)
        else:
            looks = list(zip(view.categories, view.colours, strict=True))
            single = looks.count(looks[row]) == 1
            named = self._config.named_pictures
            text = picture_text(thing.category, self._rng, named) if single else None
        if text is None:
            return None
        again = any(thing.id in goal.right for goal in self.goals)
        goal = Goal(kind=kind, text=text, target=thing.id, right=right, asked_before=again)
        return goal if len(self.viewpoints(goal)) else None


def picture_of(world: HouseWorld, thing: HouseObject, viewpoints: Int64Array) -> UInt8Array:
    """Renders a thing in the middle of a picture, from one of its viewpoints.

    Args:
        world: The house.
        thing: What is shown.
        viewpoints: Cells from which it shows.

    Returns:
        (128, 128, 3) RGB picture.
    """
    number = next(n for n, name in world.house.instance_to_object.items() if name == thing.id)
    height = world.config.camera.mount_height
    best: tuple[float, UInt8Array] | None = None
    for node in viewpoints[:: max(1, len(viewpoints) // 12)]:
        eye = world.floor.points[node] + (0.0, 0.0, height)
        away = float(np.linalg.norm(eye - thing.position))
        width = float(np.linalg.norm(thing.size))
        hfov = float(np.clip(2.5 * np.arctan2(width, away), 0.5, 1.6))
        camera = Intrinsics.from_hfov(PICTURE, PICTURE, hfov)
        view = world.renderer.render(look_at(eye, thing.position), camera)
        off = abs(float((view.instance == number).mean()) - _SHARE)
        if best is None or off < best[0]:
            best = (off, view.rgb)
    assert best is not None
    return best[1]
