"""Small memories of robots in one house, drawn by hypothesis: all that can befall a record."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from embodied_mem.memory import Add, Link, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.codec.geometry import keys_of, pack_geometry
from embodied_mem.memory.migration.payloads import write_grid

CATEGORIES = ("chair", "mug", "sofa")
KINDS = (
    *("object", "object", "place", "frontier", "snapshot", "map", "walk", "event"),
    *("move", "drift", "lower", "archive", "link", "share", "tombstone", "derive"),
)


@dataclass(frozen=True)
class Step:
    """One thing that a robot does to its memory."""

    kind: str
    number: int
    at: tuple[int, int]
    views: int
    shared: bool


steps = st.builds(
    Step,
    kind=st.sampled_from(KINDS),
    number=st.integers(0, 3),
    at=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    views=st.integers(1, 4),
    shared=st.booleans(),
)
scripts = st.lists(steps, min_size=5, max_size=14)


class Robot:
    """Writes a memory step by step."""

    def __init__(self, seed: int, observer: str = "agent", session: str = "") -> None:
        self.store = MemoryStore(seed=seed, session=session or f"walk-{seed}")
        self.observer = observer
        self._ids = RecordIds(seed)
        self.tick = 0

    def go_on(self, seed: int) -> None:
        """Goes on with ids of another seed."""
        self._ids = RecordIds(seed)

    def run(self, script: list[Step]) -> "Robot":
        """Does all steps of a script; those that cannot be done are left out."""
        for step in script:
            self.tick += 10
            getattr(self, f"_{step.kind}", self._change)(step)
        return self

    def add(self, kind: Any, content: dict[str, Any], **fields: Any) -> str:
        """Adds a record, and returns its id."""
        record = MemoryRecord(
            id=self._ids.new(self.tick),
            kind=kind,
            content=content,
            observer=self.observer,
            session=self.store.session,
            valid_from=fields.pop("valid_from", self.tick),
            recorded_at=self.tick,
            **fields,
        )
        held = self.store.apply([Add(record=record)])[0]
        assert held is not None
        return held

    def _seen(self, step: Step) -> dict[str, Any]:
        x, y = (0.5 * value for value in step.at)
        return {
            "type": "object",
            "object_id": f"object-{step.number:04d}",
            "category": CATEGORIES[step.number % len(CATEGORIES)],
            "colour": "red",
            "position": [x, y, 0.2],
            "box_min": [x - 0.2, y - 0.2, 0.0],
            "box_max": [x + 0.2, y + 0.2, 0.4],
            "state": "present" if step.views > 1 else "unknown",
            "confidence": 0.8,
            "views": step.views,
            "first_tick": self.tick - 1,
            "last_tick": self.tick,
            "on": None,
            "votes": {CATEGORIES[step.number % len(CATEGORIES)]: 1.0},
        }

    def _known(self, kind: str, number: int) -> str | None:
        ids = [
            record.id
            for record in self.store.records(payload=False)
            if record.content.get("type") == kind
            and record.status == "active"
            and number in (-1, int(record.content.get("object_id", "-0").rpartition("-")[2]))
        ]
        return ids[-1] if ids else None

    def _object(self, step: Step) -> None:
        if self._known("object", step.number) is not None:
            self._drift(step)
            return
        x, y = (0.5 * value for value in step.at)
        cells = np.array([[int(x / 0.05), int(y / 0.05), 2], [int(x / 0.05) + 1, 0, 3]])
        shape = pack_geometry(0, 0.05, np.sort(keys_of(cells)), np.ones(2, np.float32))
        vector = np.eye(4, dtype="<f4")[step.number] + 0.1
        self.add(
            "fact",
            self._seen(step),
            about=(f"object-{step.number:04d}",),
            place=f"place-{step.at[0]:04d}",
            pose=(x, y, 0.2, 1.0, 0.0, 0.0, 0.0),
            embedding=vector.astype("<f4").tobytes(),
            space="test",
            payload=(shape,),
            visibility="shared" if step.shared else "private",
        )

    def _drift(self, step: Step) -> None:
        known = self._known("object", step.number)
        if known is not None:
            content = self._seen(step) | {"first_tick": 1}
            self.store.apply([Update(id=known, tick=self.tick, changes={"content": content})])

    def _move(self, step: Step) -> None:
        known = self._known("object", step.number)
        if known is not None:
            content = self._seen(step) | {"state": "moved"}
            new = self._ids.new(self.tick)
            update = Update(
                id=known, tick=self.tick, changes={"content": content}, supersede_as=new
            )
            self.store.apply([update])

    def _place(self, step: Step) -> None:
        x, y = (0.5 * value for value in step.at)
        name = f"place-{step.number:04d}"
        content = {
            "type": "place",
            "place_id": name,
            "category": ("kitchen", "room")[step.number % 2],
            "name": ("kitchen", "room")[step.number % 2],
            "centroid": [x, y],
            "area": float(step.views),
            "neighbours": [f"place-{(step.number + 1) % 4:04d}"],
            "floor": 0,
        }
        pose = (x, y, 2.8 * (step.views > 3), 1.0, 0.0, 0.0, 0.0)
        known = [r for r in self.store.records() if r.content.get("place_id") == name]
        if not known:
            self.add("summary", content, about=(name,), place=name, pose=pose)

    def _frontier(self, step: Step) -> None:
        x, y = (0.5 * value for value in step.at)
        content = {
            "type": "frontier",
            "frontier_id": f"frontier-{step.number:04d}",
            "centroid": [x, y],
            "direction": [1.0, 0.0],
            "length": 0.5,
        }
        self.add("frontier", content, pose=(x, y, 0.0, 1.0, 0.0, 0.0, 0.0), payload=(b"view",))

    def _snapshot(self, step: Step) -> None:
        names = [f"object-{step.number:04d}", f"object-{(step.number + 1) % 4:04d}"]
        content = {
            "type": "snapshot",
            "tick": self.tick,
            "cluster": names[:1],
            "boxes": {name: [0, 0, 9 + i, 9] for i, name in enumerate(names)},
            "width": 16,
            "height": 16,
            "quality": dict.fromkeys(names, 0.5),
        }
        shown = self._known("object", step.number)
        self.add(
            "snapshot",
            content,
            about=tuple(names[:1]),
            payload=(bytes([step.number]) * 9, b"more", b"most"),
            losses=(0.5, 0.25, 0.0),
            links=() if shown is None else (Link("shows", shown),),
        )

    def _map(self, step: Step) -> None:
        if self._known("map", -1) is None:
            states = np.full((10, 12), 1, np.uint8)
            states[:, step.at[0] :: 5] = 2
            states[: step.at[1]] = 0
            content = {
                "type": "map",
                "origin": [-0.4, round(0.1 * step.number, 4)],
                "cell": 0.2,
                "floor": 0,
            }
            self.add("summary", content, payload=(write_grid(states),))

    def _walk(self, step: Step) -> None:
        path = [[0.0, 0.0], [0.5 * step.at[0], 0.5 * step.at[1]]]
        content = {"type": "walk", "path": path, "length": 1.0, "frames": 2}
        self.add("event", content | {"first_tick": 0, "last_tick": self.tick})

    def _event(self, step: Step) -> None:
        content = {"text": f"Ana said {step.at}", "thing": f"object-{step.number:04d}"}
        visibility = "shared" if step.shared else "private"
        self.add(
            "event", content, about=("ana", f"object-{step.number:04d}"), visibility=visibility
        )

    def _derive(self, step: Step) -> None:
        records = self.store.records(payload=False)
        sources = [r.id for r in records if r.status != "tombstone"][: step.views]
        if sources:
            links = tuple(Link("derived_from", source) for source in sources)
            self.add("summary", {"text": "a day"}, links=links, provenance=tuple(sources))

    def _change(self, step: Step) -> None:
        """Changes any record in place."""
        records = list(self.store.records(payload=False))
        if not records:
            return
        record = records[(5 * step.number + step.at[0]) % len(records)]
        changes: dict[str, Any] = {}
        if step.kind == "lower":
            changes = {"level": 1, "bits": 1}
        elif step.kind == "archive" and record.valid_to is None and record.valid_from <= self.tick:
            changes = {"status": "archived", "valid_to": self.tick}
        elif step.kind == "share":
            changes = {"visibility": "shared" if step.shared else "private"}
        elif step.kind == "link" and records[0].id != record.id:
            changes = {"links": (*record.links, Link("near", records[0].id))}
        elif (
            step.kind == "tombstone"
            and record.kind == "event"
            and not any(link.id == record.id for other in records for link in other.links)
        ):
            changes = {"status": "tombstone", "content": {}, "about": (), "links": ()}
        if changes and record.status != "tombstone":
            self.store.apply([Update(id=record.id, tick=self.tick, changes=changes)])


@st.composite
def three_memories(draw: st.DrawFn) -> tuple[MemoryStore, MemoryStore, MemoryStore]:
    """Three robots' memories, some of which may have begun as one."""
    common = draw(st.lists(steps, min_size=2, max_size=5))
    stores = []
    for number in range(3):
        observer = draw(st.sampled_from(["agent", "agent", "bo"]))
        robot = Robot(1 + number, "agent")
        if draw(st.booleans()):
            robot = Robot(100, "agent", "before").run(common)
            robot.go_on(1 + number)
        robot.observer = observer
        robot.tick = 50 * draw(st.integers(0, 2)) + robot.tick
        stores.append(robot.run(draw(scripts)).store)
    return (stores[0], stores[1], stores[2])
