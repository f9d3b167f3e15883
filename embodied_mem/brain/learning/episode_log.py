"""The log of what was done: an event record for every node outcome, a summary for every run."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, final

import msgspec

from embodied_mem.brain.learning.ids import NewIds
from embodied_mem.brain.plan.report import Event, ExecutionReport
from embodied_mem.brain.state import State
from embodied_mem.errors import BudgetError, ConfigError
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore
from embodied_mem.memory.record import Operation, Pose

MOST: Final = 2000
"""Records that a log holds; beyond that the oldest are deleted."""
_LEFT_OUT: Final = frozenset({"started"})
"""Events that the outcome of the same node tells too."""
_ALL: Final = Filter(kind=("event", "summary"))
_WORD: Final = re.compile(r"\w+")


class NodeOutcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="node_outcome"):
    """What became of one node of a plan. Kind `event`; `about` holds the entities named."""

    text: str
    """The whole in words."""
    number: int
    """Its place in the log."""
    run: int
    """Number of the run that it belongs to."""
    tick: int
    seconds: float
    place: str = ""
    """Where the first entity named was believed to be then."""
    node: str
    skill: str = ""
    """With its arguments, as `pick(target=mug)`."""
    outcome: str
    """`done`, `skipped`, `anomaly`, `replanned` or `ended`."""
    anomaly: str = ""
    recovery: str = ""
    """The level that handled an anomaly, and what it did."""


class RunSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="run_summary"):
    """What became of a whole run. Kind `summary`; `about` holds the entities named in it."""

    text: str
    number: int
    run: int
    instruction: str
    outcome: Literal["running", "succeeded", "failed"]
    verified: bool
    answer: str = ""
    reason: str = ""
    first_tick: int
    last_tick: int
    anomalies: int
    replans: int


Entry = NodeOutcome | RunSummary


@final
class EpisodeLog:
    """Writes what happened to plans into a store, and reads it back.

    Args:
        store: What lasts; earlier sessions in it are part of the log.
        most: Records of the log at most, in all sessions together.

    Raises:
        ConfigError: If there is no room for a single run.
    """

    def __init__(self, store: MemoryStore, *, most: int = MOST) -> None:
        if most < 2:
            raise ConfigError(f"most is {most}; a log holds two records or more")
        self._store = store
        self._most = most
        self._ids = NewIds(store, "episodes")
        entries = [(entry, record.id) for record, entry in _read(store)]
        entries.sort(key=lambda each: each[0].number)
        self._order = [record_id for _, record_id in entries]
        """Ids of the log's records, oldest first."""
        self._number = entries[-1][0].number + 1 if entries else 0
        self._run = max((entry.run for entry, _ in entries), default=-1) + 1
        self._taken = 0
        """Events of the present report that are in the log."""
        self._attempts: dict[str, str] = {}
        """The skill with its arguments that each node of the present run tried last."""
        self._named: dict[str, None] = {}
        """Entities named in the present run."""

    def __len__(self) -> int:
        return len(self._order)

    def follow(self, report: ExecutionReport, state: State) -> None:
        """Takes in what is new in the report of a run that goes on.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        self._write(self._new_outcomes(report, state))

    def finish(self, report: ExecutionReport, state: State) -> RunSummary:
        """Takes in the rest of a run's report and a summary; the next report is another run.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        records = self._new_outcomes(report, state)
        summary = self._summary(report, state)
        self._write([*records, self._record(summary, state, tuple(self._named))])
        self._run += 1
        self._taken, self._named, self._attempts = 0, {}, {}
        return summary

    def recent(self, n: int = 20) -> tuple[Entry, ...]:
        """Returns the newest entries, oldest first."""
        return self._entries(self._order[-n:] if n > 0 else ())

    def runs(self, n: int = 5) -> tuple[RunSummary, ...]:
        """Returns the summaries of the newest runs, oldest first."""
        kept = Filter(kind="summary", ids=self._order)
        found = [e for _, e in _read(self._store, kept) if isinstance(e, RunSummary)]
        return tuple(sorted(found, key=lambda each: each.number)[-n:] if n > 0 else ())

    def about(self, entity: str, n: int = 20) -> tuple[Entry, ...]:
        """Returns the newest entries that name an entity, oldest first."""
        kept = Filter(kind=("event", "summary"), about=entity)
        found = sorted((e for _, e in _read(self._store, kept)), key=lambda each: each.number)
        return tuple(found[-n:] if n > 0 else ())

    def tell(self, n: int = 3) -> str:
        """Answers "what did you do?": the newest runs in words, a line each."""
        return "\n".join(run.text for run in self.runs(n)) or "I have not done anything yet."

    # -- how it is done -----------------------------------------------------------------------

    def _new_outcomes(self, report: ExecutionReport, state: State) -> list[MemoryRecord]:
        events = report.events[self._taken :]
        self._taken = len(report.events)
        records = []
        for event in events:
            if event.what in _LEFT_OUT:
                self._attempts[event.node] = event.skill
                continue
            tried = self._attempts.get(event.node, event.skill)
            event = msgspec.structs.replace(event, skill=tried)
            # Words of what was noticed are left aside: they may name what was not acted on.
            named = _named(tried, state)
            self._named.update(dict.fromkeys(named))
            records.append(self._record(self._outcome(event, named, state), state, named))
        return records

    def _outcome(self, event: Event, named: Sequence[str], state: State) -> NodeOutcome:
        recovery = ": ".join(part for part in (event.level, event.action) if part)
        return NodeOutcome(
            text=event.text().strip(),
            number=self._next_number(),
            run=self._run,
            tick=event.tick,
            seconds=round(event.seconds, 3),
            place=state.entities[named[0]].place if named else "",
            node=event.node,
            skill=event.skill,
            outcome=event.what,
            anomaly=event.anomaly,
            recovery=recovery if event.what == "anomaly" else "",
        )

    def _summary(self, report: ExecutionReport, state: State) -> RunSummary:
        last = max((event.tick for event in report.events), default=state.tick)
        return RunSummary(
            text=_told(report),
            number=self._next_number(),
            run=self._run,
            instruction=report.instruction,
            outcome=report.outcome,
            verified=report.verified,
            answer=report.answer,
            reason=report.reason,
            first_tick=min((event.tick for event in report.events), default=state.tick),
            last_tick=last,
            anomalies=len(report.anomalies),
            replans=report.replans,
        )

    def _next_number(self) -> int:
        self._number += 1
        return self._number - 1

    def _record(self, entry: Entry, state: State, about: tuple[str, ...]) -> MemoryRecord:
        tick = entry.tick if isinstance(entry, NodeOutcome) else entry.last_tick
        return MemoryRecord(
            id=self._ids.new(tick),
            kind="event" if isinstance(entry, NodeOutcome) else "summary",
            content=msgspec.to_builtins(entry),
            place=(entry.place or None) if isinstance(entry, NodeOutcome) else None,
            pose=_hand_pose(state) if isinstance(entry, NodeOutcome) else None,
            about=about,
            session=self._store.session,
            valid_from=tick,
            recorded_at=tick,
        )

    def _write(self, records: list[MemoryRecord]) -> None:
        """Adds records in one batch with the deletion of the oldest, if there are too many."""
        if not records:
            return
        records = records[-self._most :]
        over = len(self._order) + len(records) - self._most
        try:
            self._apply(records, max(over, 0))
        except BudgetError:
            # A log is worth less than what else is held: half of it makes room for the newest.
            self._apply([], max(len(self._order) // 2, over))
            self._apply(records, 0)

    def _apply(self, records: list[MemoryRecord], dropped: int) -> None:
        operations: list[Operation] = [
            Delete(id=each) for each in self._order[:dropped] if each in self._store
        ]
        operations += [Add(record=record) for record in records]
        self._store.apply(operations)
        self._order = [*self._order[dropped:], *(record.id for record in records)]

    def _entries(self, ids: Iterable[str]) -> tuple[Entry, ...]:
        found = [entry for _, entry in _read(self._store, Filter(ids=tuple(ids)))]
        return tuple(sorted(found, key=lambda each: each.number))


def _read(store: MemoryStore, filter: Filter = _ALL) -> list[tuple[MemoryRecord, Entry]]:
    """Returns the entries among the records that meet a filter."""
    entries: list[tuple[MemoryRecord, Entry]] = []
    for record in store.query(filter, payload=False):
        if record.content.get("type") in ("node_outcome", "run_summary"):
            entry: Entry = msgspec.convert(record.content, Entry)
            entries.append((record, entry))
    return entries


def _named(text: str, state: State) -> tuple[str, ...]:
    """Returns the entities whose ids stand in a text, in its order."""
    return tuple(w for w in dict.fromkeys(_WORD.findall(text)) if w in state.entities)


def _hand_pose(state: State) -> Pose | None:
    if state.hand is None:
        return None
    x, y, z = (round(float(value), 4) + 0.0 for value in state.hand.position)
    return (x, y, z, 1.0, 0.0, 0.0, 0.0)


def _told(report: ExecutionReport) -> str:
    """Says in a sentence what became of a run.

    >>> _told(ExecutionReport(instruction="Stack them", outcome="failed", reason="no grip"))
    'I was asked "Stack them" and failed: no grip.'
    """
    asked = f'I was asked "{report.instruction}" and '
    if report.outcome == "succeeded":
        done = "did it" if report.verified else "did it, but could not see that it worked"
    elif report.outcome == "failed":
        done = f"failed: {report.reason}" if report.reason else "failed"
    else:
        done = "am still at it"
    trouble = len(report.anomalies)
    if trouble:
        done += f", with {trouble} thing{'s' if trouble > 1 else ''} going wrong on the way"
    return f"{asked}{done}." + (f" I answered: {report.answer}" if report.answer else "")
