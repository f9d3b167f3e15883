"""Reflexes: what an arm notices by itself, from its own sensors, within one tick."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, final

from embodied_mem.errors import ConfigError
from embodied_mem.robots.arm import ArmState

ReflexKind = Literal[
    "contact",
    "tracking",
    "grip_lost",
    "senses",
    "bad_command",
    "watchdog",
    "stop",
    "clear",
]
"""`contact`: something pushes against the hand; `tracking`: a joint does not get to where it is
told; `grip_lost`: what was carried is no longer between the fingers; `senses`: readings that are
not finite or do not change any more; `bad_command`: one that is not finite or has the wrong size;
`watchdog`: no fresh command; `stop` and `clear`: asked for by the brain or a person."""


Done = Literal["stopped", "held", "reported", "released"]
"""`stopped` lasts until `clear`; `held` until the cause is gone; `reported` changed nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflexEvent:
    """One thing that the control loop did by itself."""

    tick: int
    """Tick of the readings that it was decided on."""
    kind: ReflexKind
    value: float
    """What was measured: N, rad or s."""
    limit: float
    """What it is allowed to be."""
    done: Done
    detail: str = ""

    def __str__(self) -> str:
        cause = f" ({self.detail})" if self.detail else ""
        measured = f" {self.value:.3g}, limit {self.limit:.3g}" if self.value else ""
        return f"tick {self.tick}: {self.kind}{measured}: {self.done}{cause}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflexConfig:
    """Thresholds of the reflexes."""

    contact: float = 40.0
    """Force on the hand that stops all motion, N; skills that push on purpose stay below."""
    contact_rise: float = 10.0
    """After `clear`, while the force is still there, so much more stops again, N: the hand may
    leave what it touched, not press on."""
    tracking: float = 0.08
    """Distance between where a joint is told to be and where it is that stops all motion, rad."""
    carrying_grip: float = 1.0
    """Grip from which something counts as carried, N."""
    carrying_ticks: int = 20
    """For so many ticks in a row."""
    lost_grip: float = 0.2
    """Grip under which what was carried counts as lost, N."""
    lost_ticks: int = 3
    """For so many ticks in a row, since fingers may bounce for a tick."""
    dwell: float = 0.1
    """After a hit the arm rests at least so long, s: bouncing off is no second hit."""
    watchdog: float = 0.1
    """Age of the newest command after which the arm is held, s."""
    coast: float = 0.01
    """For so long a missing command is bridged at the same speed; then the arm slows down, s."""
    frozen_ticks: int = 4
    """So many readings in a row of one and the same tick stop all motion."""

    def __post_init__(self) -> None:
        """Checks the signs.

        Raises:
            ConfigError: If a threshold is not finite and positive, or the watchdog is no slower
                than coasting.
        """
        for name in ReflexConfig.__dataclass_fields__:
            value = getattr(self, name)
            if not (isfinite(value) and value > 0.0):
                raise ConfigError(f"reflex {name} is {value}; it must be positive and finite")
        if self.coast >= self.watchdog:
            raise ConfigError(
                f"coast ({self.coast} s) must be shorter than watchdog ({self.watchdog} s)"
            )


@final
class Reflexes:
    """Judges each tick's readings; fires once for each cause, and again only for a worse one."""

    def __init__(self, config: ReflexConfig) -> None:
        self.config = config
        self.carrying = False
        """Whether something has been held between the fingers for a while."""
        self._contact = _Threshold(config.contact, config.contact_rise)
        self._tracking = _Threshold(config.tracking, 0.5 * config.tracking)
        self._gripped = 0
        self._missed = 0
        self._senses_armed = True
        self._last_tick: int | None = None
        self._same = 0

    def watch(
        self, state: ArmState, joints: Sequence[float], error: float, releasing: bool
    ) -> tuple[ReflexEvent, ...]:
        """Returns what these readings say, the most urgent first; mostly nothing.

        Args:
            state: The newest readings.
            joints: Their joint positions, rad.
            error: Largest distance of a joint from where it was told to be, rad.
            releasing: Whether the fingers are told to open.
        """
        events: tuple[ReflexEvent, ...] = ()
        if not self._senses_work(state, joints):
            detail = f"readings are {'frozen' if self._same else 'not finite'}"
            events += (_event(state, "senses", self._same, 0.0, detail),)
        limit = self._contact.limit
        if self._contact.exceeded(state.contact):
            events += (_event(state, "contact", state.contact, limit),)
        limit = self._tracking.limit
        if self._tracking.exceeded(error):
            events += (_event(state, "tracking", error, limit),)
        if self._loses_grip(state, releasing):
            events += (_event(state, "grip_lost", state.grip, self.config.lost_grip),)
        return events

    def clear(self) -> None:
        """Makes senses that still do not work stop the arm once more."""
        self._senses_armed, self._same = True, 0

    def _senses_work(self, state: ArmState, joints: Sequence[float]) -> bool:
        """Tells whether readings are finite and new; says no once for each failure."""
        # A sum is finite only where all of its terms are.
        finite = isfinite(state.opening + state.grip + state.contact + sum(joints))
        self._same = self._same + 1 if finite and state.tick == self._last_tick else 0
        self._last_tick = state.tick
        works = finite and self._same < self.config.frozen_ticks
        fires = not works and self._senses_armed
        self._senses_armed = works
        return not fires

    def _loses_grip(self, state: ArmState, releasing: bool) -> bool:
        config = self.config
        if releasing:
            self.carrying, self._gripped, self._missed = False, 0, 0
            return False
        self._gripped = self._gripped + 1 if state.grip >= config.carrying_grip else 0
        self._missed = self._missed + 1 if state.grip < config.lost_grip else 0
        if self._gripped >= config.carrying_ticks:
            self.carrying = True
        if self.carrying and self._missed >= config.lost_ticks:
            self.carrying = False
            return True
        return False


@final
class _Threshold:
    """A limit that fires when it is exceeded, and again only when that gets worse or comes back."""

    __slots__ = ("_base", "_rise", "limit")

    def __init__(self, limit: float, rise: float) -> None:
        self._base, self._rise = limit, rise
        self.limit = limit

    def exceeded(self, value: float) -> bool:
        if value > self.limit:
            self.limit = value + self._rise
            return True
        if value < 0.7 * self._base:
            self.limit = self._base
        return False


def worst_error(told: Sequence[float], measured: Sequence[float]) -> float:
    """Returns the largest distance between two lists of joint positions, rad."""
    return max(abs(a - b) for a, b in zip(told, measured, strict=True))


def _event(
    state: ArmState, kind: ReflexKind, value: float, limit: float, detail: str = ""
) -> ReflexEvent:
    done: Done = "reported" if kind == "grip_lost" else "stopped"
    return ReflexEvent(
        tick=state.tick, kind=kind, value=value, limit=limit, done=done, detail=detail
    )
