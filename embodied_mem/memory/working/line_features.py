"""What a policy sees of the lines of a working memory; names and order of the inputs.

Every feature is without unit and about in [0, 1], and none grows as a run goes on and on, so that a
policy that was trained on short runs can edit long ones.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from embodied_mem.allocation.head import DROP, OPERATIONS
from embodied_mem.memory.working.editing import View
from embodied_mem.memory.working.fitting import LOW_WATER
from embodied_mem.memory.working.lines import Line
from embodied_mem.types import BoolArray, Float32Array

NOTE_KINDS: Final = ("told", "seen", "failed", "did", "status")
"""Kinds of notes that are told apart: what a person said, where a thing was seen, what went wrong,
what was done, and how the robot is. A note may be of any other kind, or none."""

LINE_FEATURES: Final = (
    "held",  # 1; 0 where there is no line
    "recency",  # 8 / (8 + notes since)
    "age_share",  # notes since it as a share of all
    "tokens",  # that it takes / 64
    "note",  # 1 for a note
    "open",  # 1 for a note of a subgoal that is open
    "current",  # 1 for a note of the innermost open one
    "cited",  # log(1 + times that it was used) / 2
    "cited_lately",  # 8 / (8 + notes since it was used last); 0 if it never was
    "superseded",  # 1 if there is a newer note of its kind about the same
    "about_goal",  # 1 if the present subgoal names what it is about
    "subject_cited",  # log(1 + times that a note about the same was used) / 2
    "kind_cited",  # share of its kind in all that was used
    *(f"kind_{kind}" for kind in NOTE_KINDS),  # one-hot
)
LINE_CONTEXT: Final = (
    "fill",  # tokens shown over the cap
    "dropped",  # lines that went in this edit / 16
    "notes",  # notes so far over 64 more than that
    "citations",  # notes used so far, with repetition, over 8 more than that
    *(f"cited_{kind}" for kind in NOTE_KINDS),  # share of each kind in them
)
PRIOR: Final = 0.4
"""Citations that each kind is thought to have had, so that shares are defined from the start."""


def low_water(cap: int) -> int:
    """Returns the tokens that an edit leaves at most."""
    return int(LOW_WATER * cap)


def observe_lines(
    lines: Sequence[Line], view: View, dropped: int
) -> tuple[Float32Array, Float32Array, BoolArray]:
    """Returns what a policy sees.

    Args:
        lines: E of them, as they are shown.
        view: What is known besides.
        dropped: Lines that this edit has taken away.

    Returns:
        (E, F) features of each, (C,) those that all share, and (E, 4) what may be done: only notes
        that are not pinned may go.
    """
    usage = view.usage
    total = sum(usage.kinds.values())
    sums = total + PRIOR * len(NOTE_KINDS)
    shares = {kind: (usage.kinds[kind] + PRIOR) / sums for kind in NOTE_KINDS}
    slots = np.array([_features(line, view, shares) for line in lines], np.float32)
    context = np.array(
        [
            sum(line.cost for line in lines) / view.cap,
            dropped / 16,
            usage.clock / (64 + usage.clock),
            total / (8 + total),
            *shares.values(),
        ],
        np.float32,
    )
    mask = np.zeros((len(lines), len(OPERATIONS)), np.bool_)
    mask[:, DROP] = [line.role == "note" and line.id not in view.fixed for line in lines]
    return slots, context, mask


def _features(line: Line, view: View, shares: dict[str, float]) -> list[float]:
    if line.role != "note":
        return [1.0, 0.0, 0.0, line.cost / 64, *[0.0] * (len(LINE_FEATURES) - 4)]
    usage, age, cited = view.usage, view.usage.clock - line.time, view.usage.cited(line)
    return [
        1.0,
        8 / (8 + age),
        age / usage.clock,
        line.cost / 64,
        1.0,
        view.is_open(line.chunk),
        line.chunk == view.current,
        np.log1p(cited.times) / 2,
        8 / (8 + usage.clock - cited.last) if cited.times else 0.0,
        usage.superseded(line),
        bool(line.about) and line.about in view.goal,
        np.log1p(usage.subjects[line.about]) / 2 if line.about else 0.0,
        shares.get(line.kind, 0.0),
        *(line.kind == kind for kind in NOTE_KINDS),
    ]
