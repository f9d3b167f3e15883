"""Names that mean one thing, and what follows for its records: one is believed, the rest is past.

Used for objects and for places alike.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embodied_mem.memory.merging.held import Held
from embodied_mem.memory.record import Link, MemoryRecord

Source = tuple[str, str, str]


def source_of(record: MemoryRecord) -> Source:
    """Returns who remembered it: the end of its id, which its store's seed gave, and whom it says.

    Two things that one robot remembers side by side are two things.
    """
    return (record.id[-12:], record.observer, record.session)


def believed(record: MemoryRecord) -> bool:
    """Tells whether a record is held to be so, without an end in sight."""
    return record.status == "active" and record.valid_to is None and record.superseded_at is None


def tells(record: MemoryRecord, teller: MemoryRecord) -> bool:
    """Tells whether all who may read one record may read the other, the teller, too."""
    return teller.visibility == "shared" or (
        record.visibility == "private" and teller.observer == record.observer
    )


@dataclass(slots=True)
class Classes:
    """Names that mean the same, joined step by step."""

    _above: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str:
        """Returns the name that stands for all that mean the same."""
        while name in self._above:
            name = self._above[name]
        return name

    def join(self, a: str, b: str) -> None:
        """Makes two names mean the same."""
        first, second = sorted((self.find(a), self.find(b)))
        if first != second:
            self._above[second] = first

    def groups(self, names: Iterable[str]) -> list[list[str]]:
        """Returns the names that are not alone in what they mean, group by group."""
        groups: dict[str, list[str]] = defaultdict(list)
        for name in sorted(names):
            groups[self.find(name)].append(name)
        return [group for group in groups.values() if len(group) > 1]


def matched(
    scores: Mapping[tuple[str, str], float],
    sources: Mapping[str, Source],
    classes: Classes | None = None,
) -> Classes:
    """Joins pairs, the best first, so that no two names of one source come to mean the same.

    Args:
        scores: Of the pairs that may be the same.
        sources: Of each name.
        classes: What is joined already.
    """
    classes = classes or Classes()
    held: dict[str, set[Source]] = defaultdict(set)
    for name, source in sources.items():
        held[classes.find(name)].add(source)
    for a, b in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        first, second = classes.find(a), classes.find(b)
        if first != second and not held[first] & held[second]:
            classes.join(first, second)
            held[classes.find(first)] = held[first] | held[second]
    return classes


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about the records of one thing."""

    name: str
    """What it is called from now on: as the chosen record calls it.

    A later visit that rewrites that record so keeps its name, and whatever the others are called
    is free for no one: a visit counts places anew."""
    aliases: frozenset[str]
    """All that it was called."""
    chosen: Held
    """The record that is believed."""
    here: Sequence[Held]
    """The others that say the same as the chosen one."""
    past: Sequence[Held]
    """Those that say what was."""


Pool = Callable[[Decision, Sequence[Held]], Mapping[str, Any]]


def changes_of(decision: Decision, link: str, pooled: Pool) -> dict[str, dict[str, Any]]:
    """Returns the fields to change in the records of a decision, by record id.

    Args:
        decision: What is decided.
        link: Type of the link between the chosen record and each of the others.
        pooled: Changes of the chosen record's content, from those that may tell it anything.
    """
    chosen = decision.chosen.record
    changes: dict[str, dict[str, Any]] = defaultdict(dict)
    for other in (*decision.here, *decision.past):
        later, earlier = max(other.id, chosen.id), min(other.id, chosen.id)
        changes[later].setdefault("links", []).append(Link(link, earlier))
        if tells(other.record, chosen):
            changes[other.id] |= ended(other.record, chosen)
    heard = [o for o in (*decision.here, *decision.past) if tells(chosen, o.record)]
    content = pooled(decision, heard)
    if content:
        changes[chosen.id]["content"] = dict(content)
    return dict(changes)


def ended(record: MemoryRecord, by: MemoryRecord) -> dict[str, Any]:
    """Returns what makes a record history, from when the other was believed on."""
    end = max(record.valid_from, record.recorded_at, by.recorded_at)
    return {"status": "archived", "valid_to": end, "superseded_at": end}
