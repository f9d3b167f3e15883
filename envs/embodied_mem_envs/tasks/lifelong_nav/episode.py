"""An episode of goals over several visits."""

from typing import final

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.evaluation.metrics import soft_spl, spl, success
from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, NewVisit, Reply
from embodied_mem_envs.tasks.house_world import HouseWorld
from embodied_mem_envs.tasks.lifelong_nav.changes import change_house
from embodied_mem_envs.tasks.lifelong_nav.config import STRICT_RADIUS, LifelongNavConfig
from embodied_mem_envs.tasks.lifelong_nav.goals import Goal, GoalDrawer, picture_of
from embodied_mem_envs.tasks.task_body import TaskBody

TASK = "lifelong_nav"
LEAST = 1.0
"""Shorter shortest ways count as this long, metres."""


@final
class LifelongNav(AskingEpisode):
    """Asks to go to one thing after the other, after GOAT-Bench (Khanna et al. 2024).

    A goal is a category (any such thing is right), a description that fits one thing, or a picture
    of one. The body goes there and replies; where it stands then is the answer. Some goals were
    goals before, some lie in rooms that led to others. Between visits things are moved, goals too,
    all instance ids change, and the body is put elsewhere; the memory stays.

    Right is a reply within `success_radius` metres on foot of a viewpoint of a right thing: free
    floor within 1 m of its box from which it shows (`tasks.sight`). GOAT-Bench's 0.25 m is given
    as `success_strict`. The shortest way leads from where the body stood when it was asked to the
    nearest viewpoint, but counts as 1 m at least. What the reply says does not matter.
    """

    def __init__(self, seed: int, config: LifelongNavConfig) -> None:
        super().__init__(TASK, seed)
        self.config = config
        self.world = HouseWorld(seed, config.world)
        """The truth, for bounds and drawings only."""
        self.world.body.connect()
        rng = np.random.default_rng([seed, 46])
        self._count = config.subtasks or int(rng.integers(5, 11))
        self._visits = min(self._count, config.visits or int(rng.integers(2, 4)))
        self._rng = rng
        self._drawer = GoalDrawer(self.world, config, rng)
        self._visit = 0
        self._field: Float64Array = np.zeros(0)
        self._shortest = 0.0
        self._was_moved = False

    @property
    def asks(self) -> int:
        """How many goals the whole episode has."""
        return self._count

    @property
    def body(self) -> TaskBody:
        """The body."""
        return self.world.body

    @property
    def goal(self) -> Goal:
        """The goal that was asked for last, for bounds only."""
        return self._drawer.goals[-1]

    @property
    def to_goal(self) -> Float64Array:
        """(N,) metres on foot from every cell to the goal asked for last, for bounds only."""
        return self._field

    @property
    def chance(self) -> float:
        """Share of the floor on which a stop is right for the goal asked for last."""
        near = self._field[self.world.reachable] <= self.config.success_radius
        return float(near.mean())

    def _advance(self) -> Happening | None:
        done = len(self._drawer.goals)
        if done == self._count:
            return None
        if done * self._visits // self._count > self._visit:
            return self._next_visit()
        return self._ask(done)

    def _next_visit(self) -> NewVisit:
        self._visit += 1
        self._drawer.moved |= change_house(
            self.world.house,
            self._drawer.goals,
            self.config.goals_moved,
            self.config.moves,
            self._rng,
        )
        self.world.body.inner.place(*self.world.draw_place(self._rng))
        return NewVisit(number=self._visit, body_moved=True)

    def _ask(self, number: int) -> Ask:
        goal = self._drawer.draw()
        self._was_moved = bool(self._drawer.moved.intersection(goal.right))
        self._drawer.moved.difference_update(goal.right)
        viewpoints = self._drawer.viewpoints(goal)
        self._field = self.world.floor.distances_from(viewpoints)
        self._shortest = max(LEAST, self._left())
        image = None
        if goal.kind == "image":
            image = picture_of(self.world, self.world.house.object(goal.target), viewpoints)
        ticks = self.world.ticks(self.config.least_ticks, self.config.ticks_a_room)
        self.world.body.allow(ticks)
        return Ask(
            number=number,
            kind=goal.kind,
            text=goal.text,
            form="stop",
            image=image,
            max_ticks=ticks,
        )

    def _left(self) -> float:
        """Returns the metres on foot from where the body stands to the goal."""
        return float(self._field[self.world.floor.node_at(self.world.body.true_place)])

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        body, left = self.world.body, self._left()
        right = success(left, self.config.success_radius)
        near = float(np.clip(1.0 - left / self._shortest, 0.0, 1.0))
        values = {
            "success": right,
            "success_strict": success(left, STRICT_RADIUS),
            "spl": spl(right, self._shortest, body.metres),
            "soft_spl": soft_spl(self._shortest, left, body.metres),
            "path_metres": body.metres,
            "shortest_metres": self._shortest,
            "distance_metres": left,
            "ticks": float(body.ticks),
            "chance": self.chance,
        }
        group = "again" if self.goal.asked_before else "new"
        if self.goal.asked_before and self._was_moved:
            group = "moved"
        values[f"success_{group}"] = right
        body.allow(0)
        return Judgement(
            right=bool(right),
            progress=1.0 if right else 0.99 * near,
            reason=f"stands {left:.2f} m from where {self.goal.target} is seen",
            values=values,
        )


def make(seed: int, config: LifelongNavConfig | None = None) -> LifelongNav:
    """Makes the episode of a seed.

    Raises:
        HouseError: If no valid house was found for the config.
    """
    return LifelongNav(seed, config or LifelongNavConfig())
