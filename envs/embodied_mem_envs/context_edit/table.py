"""Tales as arrays: what happens when, what each line costs, and what is known of it."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np

from embodied_mem.memory.working import KeepAll, WorkingMemory
from embodied_mem.memory.working.line_features import NOTE_KINDS
from embodied_mem.types import AnyArray
from embodied_mem_envs.context_edit.tale import HEAD, Tale
from embodied_mem_envs.context_edit.telling import tell

OPEN, NOTE, CLOSE, ASK, END = range(5)
_EVENTS: Final = {"open": OPEN, "note": NOTE, "close": CLOSE, "ask": ASK}
_AMPLE: Final = 10**7
"""Tokens that no tale takes."""


@final
class TaleTable:
    """T tales of up to N lines, the first of which is the head of the memory.

    `columns` has, by name:

    - `event`, `line`: (T, V) what happens, and the line that is added, changed or asked for;
    - `cost`, `closed_cost`: (T, N) tokens of a line when it is added, and once its chunk is closed;
    - `note`, `number`, `chunk`, `kind`: (T, N) whether it is a note, its number from 1, its
      subgoal and its kind, -1 where it has none;
    - `subject`: (T, N) what it is about; S where nothing;
    - `newer`: (T, N) the next line of that kind about the same; N where there is none;
    - `in_goal`: (T, G + 1, S + 1) whether a subgoal names a subject; the last row is for none.
    """

    def __init__(self, tales: Sequence[Tale]) -> None:
        rows = [_row(tale) for tale in tales]
        self.tales = tuple(tales)
        self.cap = np.array([tale.cap for tale in tales])
        self.lines = max(len(row["cost"]) for row in rows)
        self.subjects = max(row["in_goal"].shape[1] for row in rows)
        goals = max(row["in_goal"].shape[0] for row in rows)
        filled = {"event": END, "kind": -1, "chunk": -1, "subject": self.subjects}
        self.columns = {
            name: _stacked([row[name] for row in rows], filled.get(name, 0))
            for name in rows[0]
            if name not in ("in_goal", "newer")
        }
        self.columns["newer"] = _stacked([row["newer"] for row in rows], self.lines)
        self.columns["newer"][self.columns["newer"] < 0] = self.lines
        for row in self.columns["subject"]:
            row[row < 0] = self.subjects
        self.columns["in_goal"] = np.zeros((len(rows), goals + 1, self.subjects + 1), np.bool_)
        for place, row in zip(self.columns["in_goal"], rows, strict=True):
            place[: row["in_goal"].shape[0], : row["in_goal"].shape[1]] = row["in_goal"]
        self.most_shown = max(map(_most_shown, rows, self.cap))
        """Lines that can be shown at once, the one that is over the cap with them."""

    def __len__(self) -> int:
        return len(self.tales)


def _row(tale: Tale) -> dict[str, AnyArray]:
    """Returns the columns of one tale; -1 stands for none."""
    memory = WorkingMemory(_AMPLE, head=HEAD, editor=KeepAll())
    events: list[tuple[int, int]] = []
    cost = [memory.tokens]
    # Of the head: no note, no number, no subgoal, no kind, no subject.
    about: list[tuple[bool, int, int, int, str]] = [(False, 0, -1, -1, "")]
    closed: dict[int, int] = {}
    heads: list[int] = []
    goals: list[str] = []
    line_of: dict[int, int] = {}
    before = memory.tokens
    for event in tell(tale, memory):
        change, before = memory.tokens - before, memory.tokens
        line = len(cost)
        if event.what == "ask":
            line = line_of[event.note]
        elif event.what == "close":
            line = heads[-1]
            closed[line] = cost[line] + change
        else:
            cost.append(change)
            is_note = event.what == "note"
            if is_note:
                line_of[event.note] = line
            else:
                heads.append(line)
                goals.append(event.text)
            kind = NOTE_KINDS.index(event.kind) if is_note else -1
            about.append((is_note, event.note, len(goals) - 1, kind, event.about))
        events.append((_EVENTS[event.what], line))
    subjects = list(dict.fromkeys(each[-1] for each in about if each[-1]))
    note, number, chunk, kinds = (np.array(each) for each in list(zip(*about, strict=True))[:4])
    return {
        "event": np.array([what for what, _ in events] + [END]),
        "line": np.array([line for _, line in events] + [0]),
        "cost": np.array(cost),
        "closed_cost": np.array([closed.get(line, each) for line, each in enumerate(cost)]),
        "note": note,
        "number": number,
        "chunk": chunk,
        "kind": kinds,
        "subject": np.array([subjects.index(each[-1]) if each[-1] else -1 for each in about]),
        "newer": _newer([(kind, text) for *_, kind, text in about]),
        "in_goal": np.array([[text in goal for text in subjects] for goal in goals]).reshape(
            len(goals), len(subjects)
        ),
    }


def _newer(about: Sequence[tuple[int, str]]) -> AnyArray:
    """Returns the next line of the same kind about the same; -1 for none."""
    newer = np.full(len(about), -1)
    latest: dict[tuple[int, str], int] = {}
    for line, each in enumerate(about):
        if each[1]:
            if each in latest:
                newer[latest[each]] = line
            latest[each] = line
    return newer


def _most_shown(row: dict[str, AnyArray], cap: int) -> int:
    note = row["note"]
    cheapest = np.sort(row["cost"][note])
    room = cap - row["cost"][0]
    return int((~note).sum() + np.searchsorted(np.cumsum(cheapest), room, side="right") + 1)


def _stacked(rows: Sequence[AnyArray], fill: int) -> AnyArray:
    columns = np.full((len(rows), max(map(len, rows))), fill, rows[0].dtype)
    for place, row in zip(columns, rows, strict=True):
        place[: len(row)] = row
    return columns
