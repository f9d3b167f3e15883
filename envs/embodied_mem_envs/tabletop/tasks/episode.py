"""One task for an arm: what lies where, what happened before, what is asked, and what is right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from embodied_mem_envs.tabletop.tasks.answer import said_number
from embodied_mem_envs.tabletop.tasks.goals import Goal
from embodied_mem_envs.tabletop.tasks.truth import TableTruth

Level = Literal[1, 2, 3]
LEVELS: tuple[Level, ...] = (1, 2, 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Where a thing is put."""

    place: str
    """Id of the fixture on or in which it lies, such as `table` or `left_drawer`."""
    x: float
    """Middle of its box in the world, m; of a drawer, where it is when the drawer is closed."""
    y: float
    yaw: float = 0.0
    """Turn about the vertical, rad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing of a task."""

    name: str
    """Its name in the ground truth, such as `red_block_2`; brains give names of their own."""
    kind: str
    """Which kind of the catalogue it is."""
    colour: str
    spot: Spot
    """Where it lies before anything happens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What lies where before anything happens; all drawers are closed."""

    items: tuple[Item, ...]

    def __getitem__(self, name: str) -> Item:
        return next(item for item in self.items if item.name == name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """The agent looks at the table for a while."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A person puts a thing somewhere."""

    name: str
    to: Spot
    seen: bool
    """Whether the agent watches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawer:
    """A person opens or closes a drawer; what lies in it moves along."""

    name: str
    share: float
    """How far it is open then, from 0 to 1."""
    seen: bool
    """Whether the agent watches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSession:
    """The agent goes away and comes back: of what it knew, it keeps what it stored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """The arrangement of this moment is the one that the instruction speaks of later.

    It is for readers and scorers; the agent is not told.
    """

    name: Literal["before", "last_time"]


Event = Watch | Move | Drawer | NewSession | Mark


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How an attempt is judged."""

    success: bool
    progress: float
    """From 0 (nothing done) to 1 (all done)."""
    why: str
    """What is missing, empty on success."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskEpisode:
    """One task, drawn from family, level and seed."""

    family: str
    level: Level
    seed: int
    layout: Layout
    history: tuple[Event, ...]
    """What happens before the instruction is given, in this order."""
    instruction: str
    goals: tuple[Goal, ...] = ()
    """What must be so in the end; all of it."""
    answer: int | None = None
    """The number that must be said; None where nothing is asked."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Which thing or fixture plays which part, such as `target`."""

    def succeeded(
        self, truth: TableTruth, answer: str | None, truth_at_start: TableTruth
    ) -> Outcome:
        """Judges an attempt.

        Progress is the mean share of the goals that did not hold when the instruction was given,
        the answer among them. It is halved, at worst, by goals that held then and do not now.

        Args:
            truth: How things lie now.
            answer: What the agent said, None or empty where it said nothing.
            truth_at_start: How things lay when the instruction was given.
        """
        problems = [goal.missing(truth) for goal in self.goals if not goal.holds(truth)]
        todo = [goal for goal in self.goals if not goal.holds(truth_at_start)]
        kept = [goal for goal in self.goals if goal.holds(truth_at_start)]
        shares = [goal.share(truth, truth_at_start) for goal in todo]
        if self.answer is not None:
            right = said_number(answer or "") == self.answer
            shares.append(float(right))
            if not right:
                problems.append(f"the answer is {self.answer}, but it said {answer or 'nothing'!r}")
        broken = float(np.mean([not goal.holds(truth) for goal in kept])) if kept else 0.0
        done = float(np.mean(shares)) if shares else 1.0
        return Outcome(
            success=not problems,
            progress=1.0 if not problems else done * (1.0 - 0.5 * broken),
            why="; ".join(problems),
        )
