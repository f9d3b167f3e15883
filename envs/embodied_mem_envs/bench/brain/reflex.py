"""How soon the arm reacts to contact while the model hangs."""

import time
from collections.abc import Callable
from typing import final

import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm.motion import Motion, MotionLimits, joint_motion
from embodied_mem.brain.control.clock import Clock
from embodied_mem.brain.control.lateness import Pacer
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.errors import EvaluationError
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command, Float64Array
from embodied_mem_envs.tabletop import TabletopBody

_HANG, _HANG_QUICK = 30.0, 3.0
_ABOVE, _BELOW = 0.15, -0.06
"""The hand is sent from here over the table's top to there under it, m."""
_LONGEST = 600
"""Ticks after which the hand must have met the table."""


def bench_reflex(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Sends the hand into the table again and again, in wall time, while a model call hangs.

    The brain is of no help: it goes on commanding the motion. What is measured is the brainstem.

    Returns:
        `reflex_ticks`: the most ticks from a reading over the limit to the command that answers
        it, where 1 means that the very next command is one that slows the arm down;
        `reflex_rest_ticks`: the most ticks until the commanded joints stand still;
        `reflex_peak_n`: the highest force felt; `reflex_contacts`: how often; `reflex_hang_s`: for
        how long the call hung.
    """
    hang = _HANG_QUICK if quick else _HANG
    note(f"reflexes: a model call hangs for {hang:g} s")
    poker = Poker(np.random.default_rng([5, 31]))
    thought = Clock("wall", limit=10.0 * hang).think(lambda: time.sleep(hang), tick=0)
    found = [poker.poke()]
    while not thought.done(0):
        found.append(poker.poke())
    poker.body.close()
    table = np.array(found)
    return {
        "reflex_ticks": float(table[:, 0].max()),
        "reflex_rest_ticks": float(table[:, 1].max()),
        "reflex_peak_n": float(table[:, 2].max()),
        "reflex_contacts": float(len(found)),
        "reflex_hang_s": hang,
    }


@final
class Poker:
    """An arm that is sent into the table."""

    def __init__(self, rng: np.random.Generator, *, rate: float = 200.0) -> None:
        """Opens a table; `rate` is in ticks a second of wall time."""
        self.body = TabletopBody()
        self.body.connect()
        description = self.body.description
        self._model = ArmModel(description)
        limits = JointLimits.of_urdf(description.urdf, description.joints)
        self.loop = ControlLoop(self.body, limits)
        self._pacer = Pacer(rate)
        self._rng = rng

    def poke(self) -> tuple[int, int, float]:
        """Sends the hand into the table and back home.

        Returns:
            Ticks until the arm is told to slow down, ticks until it is told to stand still, and
            the highest force, N.

        Raises:
            EvaluationError: If the hand did not meet the table, or was not stopped there.
        """
        measured = self._meet(self._way_down())
        self.loop.clear()
        back = joint_motion(self._model, [self.body.sense().joints, self._model.home], _LIMITS)
        assert back is not None
        for joints in back.commands:
            self._tick(Command(joints=joints))
        return measured

    def _meet(self, way: Motion) -> tuple[int, int, float]:
        """Follows a way until the arm rests, whatever stopped it."""
        felt, braked, peak = -1, -1, 0.0
        last = way.commands[-1]
        for index in range(_LONGEST):
            asked = way.commands[index] if index < len(way) else last
            contact, sent = self._tick(Command(joints=asked))
            peak = max(peak, contact)
            if felt < 0 and contact > self.loop.config.contact:
                felt = index
            if felt >= 0 and braked < 0 and _distance(sent, asked) > 1e-9:
                braked = index
            if braked >= 0 and self.loop.at_rest:
                return braked - felt + 1, index - felt + 1, peak
        raise EvaluationError(
            f"no reflex in {_LONGEST} ticks: highest force {peak:.0f} N, "
            f"events {[str(event) for event in self.loop.events]}"
        )

    def _tick(self, command: Command) -> tuple[float, Command]:
        self._pacer.wait()
        contact = self.loop.sense().contact
        return contact, self.loop.tick(command)

    def _way_down(self) -> Motion:
        """Plans from home through a place over the table to one under its top, nonstop."""
        start = self.body.sense().joints
        x, y = self._rng.uniform((0.32, -0.25), (0.48, 0.25))
        above = self._model.solve(_downward(x, y, _ABOVE), start)
        below = None if above is None else self._model.solve(_downward(x, y, _BELOW), above)
        if above is None or below is None:
            raise EvaluationError(f"the arm cannot reach ({x:.2f}, {y:.2f})")
        way = joint_motion(self._model, [start, above, below], _LIMITS)
        assert way is not None
        return way


_LIMITS = MotionLimits()


def _downward(x: float, y: float, z: float) -> Float64Array:
    """Returns a pose of the tool that points straight down."""
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[:3, 3] = x, y, z
    return pose


def _distance(sent: Command, asked: tuple[float, ...]) -> float:
    assert sent.joints is not None
    return max(abs(a - b) for a, b in zip(sent.joints, asked, strict=True))
