"""A long run that never happened: subgoals, steps in words, and questions about single steps.

Each step is told in as many words as an executor tells it in: what was done to which thing, where,
with which force, for how long, and what was seen beside it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

COLOURS: Final = ("red", "green", "blue", "yellow", "orange", "purple")
THINGS: Final = ("mug", "can", "duck", "teddy", "sponge", "bottle", "plate", "fork")
_SEEN: Final = ("brick", "ball", "lego", "spoon", "bowl", "box", "cup", "block", "screw", "key")
PLACES: Final = ("left drawer", "right drawer", "red bin", "green bin", "blue bin", "tray")
STEPS: Final = ("look", "reach", "align", "grasp", "lift", "carry", "lower", "release", "retreat")
"""The steps of a subgoal, in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step as it is noted, and what can be asked about it afterwards."""

    text: str
    thing: str
    name: str
    force: str
    """With which force, N, as it is written."""
    seen: str
    """A thing that was seen at this step only."""
    spot: str
    """Where that was, as it is written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subgoal:
    """One subgoal with its steps and what a planner says of it in the end."""

    goal: str
    steps: tuple[Step, ...]
    summary: str


def rehearse(rng: np.random.Generator, subgoals: int, steps: int) -> tuple[Subgoal, ...]:
    """Makes up a run.

    Args:
        rng: Draws things, places and numbers.
        subgoals: How many, at most 48.
        steps: Of each, at most 9.
    """
    names = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
    themes = [names[n] for n in rng.permutation(len(names))[:subgoals]]
    beside = iter(f"{_SEEN[n % len(_SEEN)]} {n + 11}" for n in rng.permutation(subgoals * steps))
    run = []
    for theme in themes:
        place = PLACES[int(rng.integers(len(PLACES)))]
        done = tuple(_step(rng, theme, name, place, next(beside)) for name in STEPS[:steps])
        run.append(
            Subgoal(
                goal=f"put the {theme} into the {place}",
                steps=done,
                summary=f"the {theme} is in the {place}; {len(done)} steps, the grip never slipped",
            )
        )
    return tuple(run)


def _step(rng: np.random.Generator, thing: str, name: str, place: str, seen: str) -> Step:
    def point(low: float = -0.4, high: float = 0.6) -> str:
        return "({:.3f}, {:.3f}, {:.3f})".format(*rng.uniform(low, high, 3))

    force, spot = f"{rng.uniform(0.5, 12):.2f}", point()
    text = (
        f"{name} the {thing} for the {place}: tool from {point()} to {point()}, "
        f"yaw {rng.uniform(-3, 3):.2f}, force {force} N, opening {rng.uniform(0, 0.08):.4f} m, "
        f"took {rng.uniform(0.4, 6):.2f} s and {int(rng.integers(80, 1200))} ticks, "
        f"largest joint error {rng.uniform(0, 0.02):.4f} rad; conditions held: "
        f"visible({thing.replace(' ', '_')}), not collided(); beside it the {seen} at {spot}"
    )
    return Step(text=text, thing=thing, name=name, force=force, seen=seen, spot=spot)
