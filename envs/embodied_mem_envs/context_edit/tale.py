"""Tales: long runs of a robot that tidies up, what it notes, and what is asked of it.

A subgoal is to put a thing away. Meanwhile the robot is told where kinds of things belong, sees
other things lie about, fails at times, writes down what it did, and how it is. Questions need the
newest note about their subject: on the way, and more of them at the end. Which kinds of notes are
asked for differs from tale to tale and is told to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.memory.working.line_features import NOTE_KINDS
from embodied_mem.memory.working.rehearsal import COLOURS, PLACES, STEPS, THINGS

OBJECTS: Final = ("brick", "ball", "spoon", "bowl", "box", "cup", "block", "screw", "key", "coin")
_OWNERS: Final = ("Ada", "Ben", "Cleo", "Dan")
LASTING: Final = ("told", "seen", "failed")
"""Kinds of notes that are asked for long after; what was just done is asked for, too."""
HEAD: Final = "Put everything into its place, and remember what you may be asked."
_JUST: Final = 3
"""Of what was done in a subgoal, so many newest notes may be asked for."""

What = Literal["open", "note", "close", "ask"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happens to a working memory."""

    what: What
    text: str = ""
    """Subgoal, note or summary."""
    kind: str = ""
    about: str = ""
    note: int = 0
    """Of a note: its number, from 1. Of a question: the note that it needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaleConfig:
    """What tales are like."""

    subgoals: int = 14
    """Subgoals of a tale."""
    shortest: int = 8
    """Notes of a subgoal, at least."""
    longest: int = 12
    """Notes of a subgoal, at most."""
    fewest: int = 12
    """Questions of a tale, at least."""
    most: int = 12
    """Questions of a tale, at most."""
    cap: int = 2000
    """Tokens of the working memory."""
    things: int = 12
    """Things that are put away, some of them several times."""
    objects: int = 60
    """Things that lie about."""
    rules: int = 40
    """Kinds of things of which it is told where they belong."""
    late: float = 0.5
    """Share of the questions that are asked at the end."""
    again: float = 0.6
    """Share of the questions about a subject that was asked for before."""
    weights: tuple[float, ...] = field(default=(0.14, 0.3, 0.14, 0.28, 0.14))
    """How often each of `NOTE_KINDS` is noted; they sum to 1."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If one is out of its range.
        """
        ranges = {
            "subgoals": (self.subgoals, 1, 200),
            "shortest": (self.shortest, 1, self.longest),
            "fewest": (self.fewest, 1, self.most),
            "cap": (self.cap, 100, 100_000),
            "things": (self.things, 1, len(COLOURS) * len(THINGS)),
            "objects": (self.objects, 1, 100),
            "rules": (self.rules, 1, 100),
            "late": (self.late, 0, 1),
            "again": (self.again, 0, 1),
        }
        for name, (value, low, high) in ranges.items():
            if not low <= value <= high:
                raise ConfigError(f"{name} is {value}; expected {low} to {high}")
        fit = len(self.weights) == len(NOTE_KINDS) and min(self.weights) >= 0
        if not fit or abs(sum(self.weights) - 1) > 1e-9:
            raise ConfigError(
                f"weights are {self.weights}; expected a share of each of {NOTE_KINDS}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Tale:
    """One run."""

    events: tuple[Event, ...]
    cap: int


@dataclass(kw_only=True, slots=True)
class _Told:
    """What was noted so far, and asked."""

    events: list[Event] = field(default_factory=list)
    live: dict[tuple[str, str], int] = field(default_factory=dict)
    """Newest note of each kind about each subject."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    just: list[int] = field(default_factory=list)
    """What was done in the present subgoal."""
    notes: int = 0


def make_tale(config: TaleConfig, rng: np.random.Generator) -> Tale:
    """Draws a tale."""
    names = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
    things = [names[n] for n in rng.permutation(len(names))[: config.things]]
    lengths = rng.integers(config.shortest, config.longest + 1, size=config.subgoals)
    questions = int(rng.integers(config.fewest, config.most + 1))
    late = round(config.late * questions)
    notes = int(lengths.sum())
    # The first question comes once there is something to ask for.
    early = np.sort(rng.integers(min(4, notes - 1), notes, size=questions - late))
    wanted = _wanted(rng)
    told = _Told()
    for length in lengths:
        thing, place = _pick(things, rng), _pick(PLACES, rng)
        told.events.append(Event(what="open", text=f"put the {thing} into the {place}"))
        told.just = []
        for _ in range(length):
            _note(told, config, thing, rng)
            for _ in range(int(np.count_nonzero(early == told.notes))):
                _ask(told, config, wanted, rng)
        told.events.append(Event(what="close", text=f"the {thing} is in the {place}"))
        told.just = []
    asked = sum(event.what == "ask" for event in told.events)
    for _ in range(questions - asked):
        _ask(told, config, wanted, rng)
    return Tale(events=tuple(told.events), cap=config.cap)


def _wanted(rng: np.random.Generator) -> dict[str, float]:
    """Draws which kinds are asked for: two of the lasting ones, or what was just done."""
    left_out = int(rng.integers(len(LASTING)))
    kinds = [kind for number, kind in enumerate(LASTING) if number != left_out]
    first = rng.uniform(0.3, 0.6)
    return {kinds[0]: first, kinds[1]: 0.9 - first, "did": 0.1}


def _pick(of: Sequence[str], rng: np.random.Generator) -> str:
    return of[int(rng.integers(len(of)))]


def _note(told: _Told, config: TaleConfig, thing: str, rng: np.random.Generator) -> None:
    kind = NOTE_KINDS[int(rng.choice(len(NOTE_KINDS), p=config.weights))]
    about, text = _WRITERS[kind](config, thing, rng)
    told.notes += 1
    told.events.append(Event(what="note", text=text, kind=kind, about=about, note=told.notes))
    if kind in LASTING:
        told.live[kind, about] = told.notes
    elif kind == "did":
        told.just.append(told.notes)


def _ask(
    told: _Told, config: TaleConfig, wanted: dict[str, float], rng: np.random.Generator
) -> None:
    """Asks for something that was noted, of a kind that is wanted as far as there is any."""
    kinds = [k for k in wanted if (told.just if k == "did" else _subjects(told, k))]
    if not kinds:
        kinds = [kind for kind, _ in told.live][:1]
    if not kinds:
        return
    odds = np.array([wanted.get(kind, 1.0) for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=odds / odds.sum()))]
    if kind == "did":
        told.events.append(Event(what="ask", note=int(rng.choice(told.just[-_JUST:]))))
        return
    before = [subject for subject in told.asked if subject[0] == kind]
    subjects = before if before and rng.random() < config.again else _subjects(told, kind)
    subject = subjects[int(rng.integers(len(subjects)))]
    told.asked.append(subject)
    told.events.append(Event(what="ask", note=told.live[subject]))


def _subjects(told: _Told, kind: str) -> list[tuple[str, str]]:
    return [subject for subject in told.live if subject[0] == kind]


# -- what is written down --------------------------------------------------------------------------


def _point(rng: np.random.Generator) -> str:
    return "({:.3f}, {:.3f}, {:.3f})".format(*rng.uniform(-0.4, 0.6, 3))


def _told(config: TaleConfig, thing: str, rng: np.random.Generator) -> tuple[str, str]:
    about = f"box {int(rng.integers(config.rules)) + 11}"
    text = f"{_pick(_OWNERS, rng)} said that what is in {about} belongs into the "
    return about, f"{text}{_pick(PLACES, rng)}, with the lid closed, before {rng.integers(1, 13)}"


def _seen(config: TaleConfig, thing: str, rng: np.random.Generator) -> tuple[str, str]:
    number = int(rng.integers(config.objects))
    about = f"{OBJECTS[number % len(OBJECTS)]} {number + 11}"
    return about, f"saw the {about} at {_point(rng)}"


def _failed(config: TaleConfig, thing: str, rng: np.random.Generator) -> tuple[str, str]:
    about = f"{thing} part {int(rng.integers(1, 4))}"
    return about, (
        f"the grip slipped off the {about} at {rng.uniform(0.5, 12):.2f} N, opening "
        f"{rng.uniform(0, 0.08):.4f} m, after {rng.uniform(0.4, 6):.2f} s"
    )


def _did(config: TaleConfig, thing: str, rng: np.random.Generator) -> tuple[str, str]:
    return thing, (
        f"{_pick(STEPS, rng)} the {thing}: tool from {_point(rng)} to {_point(rng)}, "
        f"yaw {rng.uniform(-3, 3):.2f}, force {rng.uniform(0.5, 12):.2f} N, "
        f"took {rng.uniform(0.4, 6):.2f} s, joint error {rng.uniform(0, 0.02):.4f} rad"
    )


def _status(config: TaleConfig, thing: str, rng: np.random.Generator) -> tuple[str, str]:
    return "", (
        f"battery at {rng.uniform(20, 100):.1f} %, arm at {rng.uniform(25, 60):.1f} degrees, "
        f"{rng.integers(10, 999)} pictures kept, {rng.uniform(1, 30):.1f} frames a second"
    )


_WRITERS: Final = {
    "told": _told,
    "seen": _seen,
    "failed": _failed,
    "did": _did,
    "status": _status,
}
