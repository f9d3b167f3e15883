"""A memory laid out in time: who stayed where from when to when, what was seen, told and believed.

Everything here becomes JSON; the keys are short because there are thousands of each.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from embodied_mem.brain.recall.facts import STAY_TAG, VISIT_TAG, StayFact, VisitFact
from embodied_mem.brain.tools import Handles
from embodied_mem.memory.facts import ObjectFact, PlaceFact, SnapshotFact
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.text import text_of
from embodied_mem.viz.palette import colour_of, css

_STAYED: Final = 0.25
"""A thing that is no farther than this from where it was has not moved, metres."""
_WORDS: Final = 400
_NOWHERE: Final = -1
_TYPED: Final = frozenset({"object", "place", "snapshot", "map", "walk", "frontier"})
"""What has rows of its own, or is no matter of time."""


@dataclass(kw_only=True)
class Timeline:
    """A memory in time; ticks are whole numbers, places are indices into `places`."""

    first: int = 0
    last: int = 1
    places: list[dict[str, Any]] = field(default_factory=list)
    """id, name, floor."""
    visits: list[dict[str, Any]] = field(default_factory=list)
    """name, a, b: the stretches that are shaded."""
    stays: list[dict[str, Any]] = field(default_factory=list)
    """p, a, b, r: the robot's own."""
    objects: list[dict[str, Any]] = field(default_factory=list)
    """id, name, category, colour, stays of p, a, b, seen, state, moved, r."""
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    """t, p, r, w, h, boxes by object."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """name and items of t, r: what was said, noted, done, summed up."""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    """All versions of everything that is shown, by short name."""


def read_timeline(store: MemoryStore, *, viewer: str | None = None) -> Timeline:
    """Reads a memory as a viewer may know it; see `Filter.viewer`.

    Raises:
        DamagedRecordError: If a record does not match its checksum.
    """
    found = store.query(Filter(status="any", viewer=viewer), payload=False)
    records = [record for record in found if record.status != "tombstone"]
    records.sort(key=lambda record: (record.valid_from, record.recorded_at, record.id))
    handles = Handles(store, viewer=viewer)
    names = {record.id: handles.name(record.id) for record in records}
    places = _Places(records)
    timeline = Timeline(places=places.rows)
    _objects(timeline, records, places, names)
    for record in records:
        _place_in_time(timeline, record, places, names[record.id])
    _told(timeline, records, names)
    _span(timeline, records)
    shown = {id(r) for r in records if _type(r) not in ("map", "walk", "frontier")}
    for record in records:
        if id(record) in shown:
            timeline.records[names[record.id]] = _version(record, places, names)
    return timeline


class _Places:
    """Places by id, in the order of their rows: by floor, then by name."""

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        known: dict[str, PlaceFact] = {}
        for record in records:
            if _type(record) == "place":
                fact = msgspec.convert(record.content, PlaceFact)
                known[fact.place_id] = fact
        ordered = sorted(known.values(), key=lambda fact: (fact.floor, fact.name, fact.place_id))
        self.rows: list[dict[str, Any]] = [
            {"id": each.place_id, "name": each.name or each.category, "floor": each.floor}
            for each in ordered
        ]
        self._index = {row["id"]: number for number, row in enumerate(self.rows)}

    def index(self, place: str | None) -> int:
        """Returns the row of a place; a new one for a place that nothing tells of but its id."""
        if place is None:
            return _NOWHERE
        if place not in self._index:
            self._index[place] = len(self.rows)
            self.rows.append({"id": place, "name": place, "floor": 0})
        return self._index[place]


def _type(record: MemoryRecord) -> str:
    tag = record.content.get("type")
    return tag if isinstance(tag, str) else ""


def _objects(
    timeline: Timeline,
    records: Sequence[MemoryRecord],
    places: _Places,
    names: dict[str, str],
) -> None:
    versions: dict[str, list[tuple[MemoryRecord, ObjectFact]]] = {}
    for record in records:
        if _type(record) == "object":
            fact = msgspec.convert(record.content, ObjectFact)
            versions.setdefault(fact.object_id, []).append((record, fact))
    for object_id, told in sorted(versions.items(), key=lambda entry: _natural(entry[0])):
        fact = told[-1][1]
        stays: list[dict[str, Any]] = []
        before: ObjectFact | None = None
        for record, each in told:
            _add_stay(stays, record, each, before, places.index(record.place), names[record.id])
            before = each
        timeline.objects.append(
            {
                "id": object_id,
                "name": f"{fact.colour} {fact.category}".strip(),
                "category": fact.category,
                "colour": css(colour_of(fact.colour)),
                "stays": stays,
            }
        )


def _add_stay(
    stays: list[dict[str, Any]],
    record: MemoryRecord,
    fact: ObjectFact,
    before: ObjectFact | None,
    place: int,
    name: str,
) -> None:
    """Adds a version to the stays of an object: to the last one, where it goes on."""
    moved = before is not None and math.dist(before.position, fact.position) > _STAYED
    missing = fact.state == "missing"
    last = stays[-1] if stays else None
    same = last is not None and not moved and last["p"] == place
    if same and last is not None and (last["state"] == "missing") == missing:
        last["b"], last["seen"] = record.valid_to, max(last["seen"], fact.last_tick)
        last["state"] = fact.state
        last["r"].append(name)
        return
    back = last is not None and last["state"] == "missing" and not missing
    stays.append(
        {
            "p": place,
            "a": record.valid_from,
            "b": record.valid_to,
            "seen": fact.last_tick,
            "state": fact.state,
            "moved": moved and not missing,
            "back": back,
            "r": [name],
        }
    )


def _place_in_time(timeline: Timeline, record: MemoryRecord, places: _Places, name: str) -> None:
    tag = _type(record)
    if tag == STAY_TAG:
        stay = msgspec.convert(record.content, StayFact)
        row = {"p": places.index(stay.place_id), "a": record.valid_from, "b": stay.last_tick}
        timeline.stays.append({**row, "r": name})
    elif tag == "snapshot":
        fact = msgspec.convert(record.content, SnapshotFact)
        timeline.snapshots.append(
            {
                "t": fact.tick,
                "p": places.index(_where(record, fact, timeline)),
                "r": name,
                "w": fact.width,
                "h": fact.height,
                "boxes": {each: list(box) for each, box in fact.boxes.items()},
            }
        )


def _where(record: MemoryRecord, fact: SnapshotFact, timeline: Timeline) -> str | None:
    """Returns the place of a snapshot; where it does not say, that of most things it shows."""
    if record.place is not None:
        return record.place
    seen = set(fact.cluster or fact.boxes)
    rows = [each["stays"][-1]["p"] for each in timeline.objects if each["id"] in seen]
    known = [row for row in rows if row != _NOWHERE]
    if not known:
        return None
    place: str = timeline.places[max(sorted(set(known)), key=known.count)]["id"]
    return place


def _told(timeline: Timeline, records: Iterable[MemoryRecord], names: dict[str, str]) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        tag = _type(record)
        if tag in _TYPED or tag in (STAY_TAG, VISIT_TAG):
            continue
        spoken = tag in ("utterance", "claim", "note")
        row = f"{tag}s of {record.observer}" if spoken else tag or record.kind
        rows.setdefault(row, []).append({"t": record.valid_from, "r": names[record.id]})
    timeline.told = [{"name": name, "items": rows[name]} for name in sorted(rows)]


def _span(timeline: Timeline, records: Sequence[MemoryRecord]) -> None:
    """Finds the first and the last tick, and the visits between; sessions where none ended."""
    ticks = [record.valid_from for record in records]
    ticks += [record.valid_to for record in records if record.valid_to is not None]
    ticks += [stay["seen"] for each in timeline.objects for stay in each["stays"]]
    ticks += [snapshot["t"] for snapshot in timeline.snapshots]
    timeline.first = min(ticks, default=0)
    timeline.last = max(max(ticks, default=0), timeline.first + 1)
    ends = sorted(
        {
            (fact.last_tick, fact.visit)
            for record in records
            if _type(record) == VISIT_TAG
            for fact in [msgspec.convert(record.content, VisitFact)]
        }
    )
    start = timeline.first
    for end, visit in ends:
        timeline.visits.append({"name": f"visit {visit + 1}", "a": start, "b": end})
        start = end
    if ends and start < timeline.last:
        timeline.visits.append({"name": f"visit {len(ends) + 1}", "a": start, "b": timeline.last})
    if not ends:
        timeline.visits = _sessions(records)


def _sessions(records: Iterable[MemoryRecord]) -> list[dict[str, Any]]:
    spans: dict[str, tuple[int, int]] = {}
    for record in records:
        if record.session:
            low, high = spans.get(record.session, (record.recorded_at, record.recorded_at))
            spans[record.session] = (min(low, record.valid_from), max(high, record.recorded_at))
    ordered = sorted(spans.items(), key=lambda entry: (entry[1], entry[0]))
    # What is looked at again in a later session may keep the name of the first.
    starts = [start for _, (start, _) in ordered[1:]]
    ends = [min(b, start) for (_, (_, b)), start in zip(ordered, starts, strict=False)]
    ends += [b for _, (_, b) in ordered[-1:]]
    return [{"name": name, "a": a, "b": b} for (name, (a, _)), b in zip(ordered, ends, strict=True)]


def _version(record: MemoryRecord, places: _Places, names: dict[str, str]) -> dict[str, Any]:
    """Returns what the page tells of one version; links to what is not shown are left out."""
    return {
        "kind": record.kind,
        "type": _type(record),
        "words": text_of(record)[:_WORDS],
        "about": list(record.about),
        "p": places.index(record.place),
        "pose": None if record.pose is None else [round(v, 2) for v in record.pose[:3]],
        "from": record.valid_from,
        "to": record.valid_to,
        "learnt": record.recorded_at,
        "dropped": record.superseded_at,
        "version": record.version,
        "status": record.status,
        "by": record.observer,
        "session": record.session,
        "open": record.visibility == "shared",
        "links": [[link.type, names[link.id]] for link in record.links if link.id in names],
        "sources": [names[each] for each in record.provenance if each in names],
        **_of_object(record),
    }


def _of_object(record: MemoryRecord) -> dict[str, Any]:
    if _type(record) != "object":
        return {}
    fact = msgspec.convert(record.content, ObjectFact)
    position = [round(value, 2) for value in fact.position]
    return {"state": fact.state, "at": position, "sure": round(fact.confidence, 2), "on": fact.on}


def _natural(name: str) -> tuple[str, int, str]:
    """Sorts `mug-10` after `mug-9`."""
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    return (stem, int(digits[:18]) if digits else -1, name)
