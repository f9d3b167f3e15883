"""The batched core of `EmbodiedMem/ContextEdit-v0`: B working memories at once, as arrays.

It does what a `WorkingMemory` with a `PolicyEditor` does, whose features these are. Each row is one
tale. A step takes one line out of view in every row; a row that has enough room then goes on with
its tale, questions and all, up to the next note that is too much.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.allocation.head import DROP, OPERATIONS
from embodied_mem.memory.working.fitting import LOW_WATER
from embodied_mem.memory.working.line_features import (
    LINE_CONTEXT,
    LINE_FEATURES,
    NOTE_KINDS,
    PRIOR,
)
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array, Int64Array
from embodied_mem_envs.context_edit.table import ASK, CLOSE, END, NOTE, OPEN, TaleTable

BROKEN: Final = -0.1
"""Reward of a context that is left over its cap."""
_AT: Final = {name: index for index, name in enumerate(LINE_FEATURES)}


@final
@dataclass(frozen=True, slots=True)
class EditResult:
    """What came of a step, (B,) each."""

    reward: Float64Array
    """1 at the end if all was answered, `BROKEN` where the cap was broken, else 0."""
    done: BoolArray
    """Whether the tale is over."""
    outcomes: Float64Array
    """Questions answered since the step before."""
    asked: Float64Array
    """Questions since then."""
    compression: Float64Array
    """0: tokens are bounded by the cap alone."""
    validity: Float64Array
    """`BROKEN` where the action was not valid."""


@final
class ContextEditCore:
    """B working memories, each in a tale of its own.

    Args:
        table: The tales.
        batch: B.
    """

    def __init__(self, table: TaleTable, batch: int) -> None:
        self.table = table
        self.entries = min(table.most_shown, table.lines)
        """Lines that a policy is shown, the newest last."""
        lines, subjects = table.lines, table.subjects + 1
        whole = {"episode": 0, "at": 0, "tokens": 0, "chunk": 0, "clock": 0, "added": 0}
        self._state: dict[str, AnyArray] = {
            **{name: np.full(batch, value, np.int64) for name, value in whole.items()},
            **{name: np.zeros(batch, np.int64) for name in ("dropped", "answered", "asked")},
            **{name: np.zeros(batch, np.int64) for name in ("told_answered", "told_asked")},
            **{name: np.zeros(batch, np.int64) for name in ("read", "prompts")},
            "shown": np.zeros((batch, lines), np.bool_),
            "cost": np.zeros((batch, lines), np.int64),
            "cited": np.zeros((batch, lines), np.int64),
            "cited_at": np.zeros((batch, lines), np.int64),
            "kinds": np.zeros((batch, len(NOTE_KINDS)), np.int64),
            "subjects": np.zeros((batch, subjects), np.int64),
            "index": np.zeros((batch, self.entries), np.int64),
            "over": np.ones(batch, np.bool_),
        }

    @property
    def tokens(self) -> Float64Array:
        """(B,) mean tokens of what was shown after each note so far."""
        mean: Float64Array = self._state["read"] / np.maximum(self._state["prompts"], 1)
        return mean

    @property
    def shown(self) -> BoolArray:
        """(B, N) which lines of the tale are shown."""
        return self._state["shown"]

    @property
    def inside(self) -> Mapping[str, AnyArray]:
        """All that changes, by name, as it is; not to be written to."""
        return self._state

    def state(self) -> dict[str, AnyArray]:
        """Returns everything that changes, by name; copies."""
        return {name: value.copy() for name, value in self._state.items()}

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Goes on from what `state` returned, of a core of the same shape and table."""
        for name, value in self._state.items():
            value[...] = state[name]

    def begin(self, rows: AnyArray, episodes: AnyArray) -> None:
        """Starts tales in some rows and goes on to the first edit of each."""
        state, columns = self._state, self.table.columns
        for value in state.values():
            value[rows] = 0
        state["episode"][rows] = episodes
        state["cost"][rows] = columns["cost"][episodes]
        state["shown"][rows, 0] = True
        state["tokens"][rows] = columns["cost"][episodes, 0]
        state["chunk"][rows] = -1
        state["added"][rows] = 1
        self._go_on(np.asarray(rows))

    # -- observing --------------------------------------------------------------------------------

    def observe(self) -> tuple[Float32Array, Float32Array, BoolArray]:
        """Returns features of lines (B, E, F), the context (B, C) and the mask (B, E, 4)."""
        state = self._state
        # Lines that are shown come last and in their order, as the sort is stable.
        index = np.argsort(state["shown"], axis=1, kind="stable")[:, -self.entries :]
        state["index"][...] = index
        held = np.take_along_axis(state["shown"], index, 1)
        note = held & self._known("note", index)
        shares = self._shares()
        slots = np.zeros((*index.shape, len(LINE_FEATURES)), np.float32)
        slots[:, :, _AT["held"]] = held
        slots[:, :, _AT["tokens"]] = np.take_along_axis(state["cost"], index, 1) / 64 * held
        for name, value in self._of_notes(index, shares).items():
            slots[:, :, _AT[name]] = np.where(note, value, 0)
        mask = np.zeros((*index.shape, len(OPERATIONS)), np.bool_)
        mask[:, :, DROP] = self._may_go(note, index)
        # A tale that never fills its memory has nothing to decide: any choice ends it.
        mask[:, -1, DROP] |= ~mask[:, :, DROP].any(axis=1)
        return slots, self._context(shares), mask

    def _of_notes(self, index: Int64Array, shares: Float64Array) -> dict[str, AnyArray]:
        """Returns the features of lines that notes alone have, (B, E) each."""
        state = self._state
        clock = state["clock"][:, None]
        age = clock - self._known("number", index)
        cited = np.take_along_axis(state["cited"], index, 1)
        since = clock - np.take_along_axis(state["cited_at"], index, 1)
        kind, subject = self._known("kind", index), self._known("subject", index)
        rows = np.arange(len(index))[:, None]
        here = self._known("chunk", index) == state["chunk"][:, None]
        in_goal = self.table.columns["in_goal"]
        return {
            "recency": 8 / (8 + np.maximum(age, 0)),
            "age_share": age / np.maximum(clock, 1),
            "note": 1.0,
            "open": here,
            "current": here,
            "cited": np.log1p(cited) / 2,
            "cited_lately": np.where(cited > 0, 8 / (8 + since), 0),
            "superseded": self._known("newer", index) < state["added"][:, None],
            "about_goal": in_goal[state["episode"][:, None], state["chunk"][:, None], subject],
            "subject_cited": np.log1p(state["subjects"][rows, subject]) / 2,
            "kind_cited": shares[rows, kind],
            **{f"kind_{name}": kind == number for number, name in enumerate(NOTE_KINDS)},
        }

    def _context(self, shares: Float64Array) -> Float32Array:
        state = self._state
        context = np.empty((len(shares), len(LINE_CONTEXT)), np.float32)
        context[:, 0] = state["tokens"] / self.table.cap[state["episode"]]
        context[:, 1] = state["dropped"] / 16
        cited = state["kinds"].sum(axis=1)
        context[:, 2] = state["clock"] / (64 + state["clock"])
        context[:, 3] = cited / (8 + cited)
        context[:, 4:] = shares
        return context

    def _shares(self) -> Float64Array:
        kinds = self._state["kinds"] + PRIOR
        shares: Float64Array = kinds / kinds.sum(axis=1, keepdims=True)
        return shares

    def _known(self, name: str, index: Int64Array) -> AnyArray:
        """Returns (B, E) what the table says of some lines of each row's tale."""
        return self.table.columns[name][self._state["episode"][:, None], index]

    def _may_go(self, note: BoolArray, index: Int64Array) -> BoolArray:
        """Tells which notes may go: all but the one that was just added."""
        event, line = self._next(np.arange(len(index)))
        may: BoolArray = note & ~((event == NOTE)[:, None] & (index == line[:, None]))
        return may

    # -- going on ---------------------------------------------------------------------------------

    def step(self, actions: AnyArray) -> EditResult:
        """Takes a line out of view in each row; `observe` was called since the step before."""
        state, rows = self._state, np.arange(len(actions))
        entry, operation = np.divmod(np.asarray(actions), len(OPERATIONS))
        line = state["index"][rows, entry]
        note = state["shown"][rows, line] & self._known("note", line[:, None])[:, 0]
        fits = self._next(rows)[0] == END
        may_go = self._may_go(note[:, None], line[:, None])[:, 0]
        valid = fits | (may_go & (operation == DROP))
        gone = rows[valid & ~fits]
        state["shown"][gone, line[gone]] = False
        state["tokens"][gone] -= state["cost"][gone, line[gone]]
        state["dropped"][gone] += 1
        cap = self.table.cap[state["episode"]]
        enough = state["tokens"] <= (LOW_WATER * cap).astype(np.int64)
        stuck = ~enough & ~self._any_may_go()
        broken = np.asarray(~valid | (stuck & (state["tokens"] > cap)))
        ready = rows[valid & ~broken & ~fits & (enough | stuck)]
        self._finish(ready)
        self._go_on(ready)
        done = state["over"] | broken
        right = done & ~broken & (state["answered"] == state["asked"])
        answered = state["answered"] - state["told_answered"]
        asked = state["asked"] - state["told_asked"]
        state["told_answered"][...], state["told_asked"][...] = state["answered"], state["asked"]
        return EditResult(
            reward=np.where(broken, BROKEN, right.astype(np.float64)),
            done=done.copy(),
            outcomes=answered.astype(np.float64),
            asked=asked.astype(np.float64),
            compression=np.zeros(len(rows)),
            validity=np.where(valid, 0.0, BROKEN),
        )

    def _any_may_go(self) -> BoolArray:
        state = self._state
        notes = state["shown"] & self.table.columns["note"][state["episode"]]
        rows = np.arange(len(notes))
        event, line = self._next(rows)
        notes[rows, line] &= event != NOTE
        may: BoolArray = np.any(notes, axis=1)
        return may

    def _next(self, rows: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Returns what happens in rows, and the line that it happens to."""
        episode, at = self._state["episode"][rows], self._state["at"][rows]
        return self.table.columns["event"][episode, at], self.table.columns["line"][episode, at]

    def _go_on(self, rows: Int64Array) -> None:
        """Lets tales go on, each up to its next edit or its end."""
        state = self._state
        cap = self.table.cap
        while len(rows):
            event, line = self._next(rows)
            state["over"][rows[event == END]] = True
            self._ask(rows[event == ASK], line[event == ASK])
            self._add(rows, event, line)
            fits = (state["tokens"][rows] <= cap[state["episode"][rows]]) & (event != END)
            rows = rows[fits]
            self._finish(rows)

    def _add(self, rows: Int64Array, event: Int64Array, line: Int64Array) -> None:
        """Shows what is opened, noted or closed."""
        state = self._state
        new = (event == OPEN) | (event == NOTE)
        added, line_of = rows[new], line[new]
        state["shown"][added, line_of] = True
        state["added"][added] = line_of + 1
        state["tokens"][added] += state["cost"][added, line_of]
        state["clock"][rows[event == NOTE]] += 1
        closed, head = rows[event == CLOSE], line[event == CLOSE]
        cost = self.table.columns["closed_cost"][state["episode"][closed], head]
        state["tokens"][closed] += cost - state["cost"][closed, head]
        state["cost"][closed, head] = cost

    def _ask(self, rows: Int64Array, line: Int64Array) -> None:
        """Answers from what is shown; what was shown is cited."""
        state = self._state
        state["asked"][rows] += 1
        found = state["shown"][rows, line]
        rows, line = rows[found], line[found]
        episode = state["episode"][rows]
        state["answered"][rows] += 1
        state["cited"][rows, line] += 1
        state["cited_at"][rows, line] = state["clock"][rows]
        state["kinds"][rows, self.table.columns["kind"][episode, line]] += 1
        state["subjects"][rows, self.table.columns["subject"][episode, line]] += 1

    def _finish(self, rows: Int64Array) -> None:
        """Ends what happens in rows once it fits."""
        state = self._state
        event, line = self._next(rows)
        opened = event == OPEN
        state["chunk"][rows[opened]] = self.table.columns["chunk"][
            state["episode"][rows[opened]], line[opened]
        ]
        state["chunk"][rows[event == CLOSE]] = -1
        noted = rows[event == NOTE]
        state["read"][noted] += state["tokens"][noted]
        state["prompts"][noted] += 1
        state["at"][rows] += 1
        state["dropped"][rows] = 0
