"""Surprises: what a brain sees or feels and did not do itself, whether or not it gets in the way.

A grasp that follows a thing somebody moved succeeds, and yet something happened that a person, and
whoever reads the log, will want to know. A surprise changes nothing in the plan: conditions and
skills notice for themselves what stands against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.robots.arm import ArmState
from embodied_mem.scene.tabletop.recognition import UNKNOWN
from embodied_mem.types import Float64Array

SurpriseKind = Literal["blind", "moved", "vanished", "obstacle", "misfit", "no_answer"]
"""`blind`: a picture shows nothing, or too noisily; `moved`: a thing lies elsewhere, and the hand
did not put it there; `vanished`: it is gone; `obstacle`: something tall came into the way;
`misfit`: the fingers touch sooner than a thing's size and turn let expect; `no_answer`: the model
did not answer in time, and is asked again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surprise:
    """One thing that was not expected."""

    tick: int
    kind: SurpriseKind
    detail: str

    def __str__(self) -> str:
        return f"tick {self.tick}: surprised, {self.detail}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SurpriseConfig:
    """From when on something is a surprise; chosen on tasks of other seeds than are reported."""

    moved: float = 0.025
    """Way that a thing went while the hand was far from it, m."""
    shoved: float = 0.09
    """Way that a thing went which the hand may have touched, m."""
    far: float = 0.10
    """Distance from which on the hand cannot have touched a thing, m."""
    calm: float = 1.0
    """Seconds for which a thing that was let go may still be found to lie otherwise."""
    tall: float = 0.12
    """Height from which on something unknown is an obstacle, m."""
    misfit: float = 0.011
    """How much wider than expected a thing is when both fingers touch it, m."""


@final
class Surprises:
    """Compares what comes in with what was believed."""

    def __init__(self, config: SurpriseConfig | None = None, *, seconds_per_tick: float) -> None:
        self.config = config or SurpriseConfig()
        self.noted: list[Surprise] = []
        """All surprises, oldest first."""
        self._seconds = seconds_per_tick
        self._released: dict[str, int] = {}
        self._held = ""
        self._grip = False
        self._blind = False
        self._missed: set[str] = set()
        self._met: dict[str, Entity] = {}
        self._way: list[Float64Array] = []

    def feel(self, arm: ArmState, state: State) -> None:
        """Compares one tick of joint readings with the belief of that tick."""
        hand = state.hand
        if hand is None:
            return
        if self._held and hand.holding != self._held:
            self._released[self._held] = arm.tick
        self._held = hand.holding
        if arm.tick % 10 == 0:
            self._way.append(hand.position)
        gripping = arm.grip > 0.5
        if gripping and not self._grip and not hand.holding:
            self._fit(arm, state, hand)
        self._grip = gripping

    def see(self, before: State, after: State, *, shown: bool) -> None:
        """Compares what was believed before a picture with what is believed after it.

        Args:
            before: Belief before the picture.
            after: Belief with it.
            shown: Whether the picture showed anything.
        """
        way, self._way = np.array(self._way or [np.full(3, np.inf)]), self._way[-1:]
        if not shown:
            if not self._blind:
                self._note(after.tick, "blind", "the picture shows nothing that can be believed")
            self._blind = True
            return
        self._blind = False
        for name in sorted(self._missed):
            if name in after.entities and after.entities[name].missing:
                self._note(after.tick, "vanished", f"{name} is gone")
        self._missed.clear()
        self._confirm_met(after)
        for name, new in after.entities.items():
            old = before.entities.get(name)
            if old is None:
                self._met[name] = new
            elif new is not old and self._is_loose(old, new, before, after):
                self._compare(old, new, way, after.tick)

    def _is_loose(self, old: Entity, new: Entity, before: State, after: State) -> bool:
        """Tells whether a thing should lie where it was: seen, in nobody's hand, on nothing."""
        if old.kind != "object" or "hand" in (old.place, new.place):
            return False
        if UNKNOWN in (old.category, new.category):  # what is not known is not known again
            return False
        if any(_slides(place, before, after) for place in (old.place, new.place)):
            return False
        since = after.tick - self._released.get(old.id, -(10**9))
        return old.visible and not old.missing and since * self._seconds > self.config.calm

    def _compare(self, old: Entity, new: Entity, way: Float64Array, tick: int) -> None:
        config = self.config
        near = float(np.linalg.norm(way - old.position, axis=1).min()) < config.far
        if new.missing:
            if not near:
                self._missed.add(old.id)  # a second picture must say so too
            return
        went = float(np.linalg.norm((new.position - old.position)[:2]))
        if new.visible and went > (config.shoved if near else config.moved):
            self._note(tick, "moved", f"{old.id} was moved by {100 * went:.0f} cm")

    def _confirm_met(self, after: State) -> None:
        """Tells of tall things that stand where the picture before showed them, off the hand."""
        met, self._met = self._met, {}
        for name, first in met.items():
            now = after.entities.get(name, first)
            tall = now.category == UNKNOWN and now.size[2] > self.config.tall
            still = name in after.entities and _apart(now.position, first.position) < 0.02
            hand = after.hand
            off = hand is not None and _apart(now.position, hand.position) > self.config.far
            if tall and still and off:
                detail = f"something {100 * now.size[2]:.0f} cm tall came up"
                self._note(after.tick, "obstacle", detail)

    def _fit(self, arm: ArmState, state: State, hand: Hand) -> None:
        """Compares the opening at the first touch with the width of the nearest thing."""
        thing = _nearest(hand.position, state.entities)
        if thing is None:
            return
        wide = _width(thing, hand.yaw)
        if arm.opening > wide + self.config.misfit:
            detail = f"{thing.id} is {1000 * (arm.opening - wide):.0f} mm wider than it looked"
            self._note(arm.tick, "misfit", detail)

    def _note(self, tick: int, kind: SurpriseKind, detail: str) -> None:
        self.noted.append(Surprise(tick=tick, kind=kind, detail=detail))


def _apart(one: Float64Array, other: Float64Array) -> float:
    return float(np.linalg.norm((one - other)[:2]))


def _slides(place: str, before: State, after: State) -> bool:
    """Whether a place is a drawer that was moved, or not wide open: its things slide along."""
    old, new = before.entities.get(place), after.entities.get(place)
    if old is None or new is None or new.kind != "drawer":
        return False
    return abs(new.opened - old.opened) > 0.01 or new.opened < 0.8


def _nearest(point: Float64Array, entities: Mapping[str, Entity]) -> Entity | None:
    """Returns the thing whose box is around a point, or nearly."""
    best, least = None, 0.05
    for entity in entities.values():
        if entity.kind == "object" and not entity.missing:
            apart = float(np.linalg.norm((entity.position - point)[:2]))
            level = abs(float(entity.position[2] - point[2])) < 0.5 * float(entity.size[2]) + 0.02
            if level and apart < least:
                best, least = entity, apart
    return best


def _width(thing: Entity, yaw: float) -> float:
    """Returns the extent of a thing's box along the direction in which the fingers close, m."""
    turn = yaw - thing.yaw
    return float(thing.size[0] * abs(np.cos(turn)) + thing.size[1] * abs(np.sin(turn)))
