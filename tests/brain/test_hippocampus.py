"""From pixels to records in a real house: what was seen is remembered, what changed is noticed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.allocation import AllocationContext, StoreView
from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.errors import BudgetError, StoreFullError
from embodied_mem.memory import Add, Filter, MemoryRecord, MemoryStore, Noop
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.memory.facts import (
    FrontierFact,
    MapFact,
    ObjectFact,
    PlaceFact,
    SnapshotFact,
    WalkFact,
    active,
)
from embodied_mem.memory.record import Operation
from embodied_mem.types import Command, Intrinsics, Observation
from embodied_mem_envs.evaluation.shown import ShownTracker
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house

SEED = 3
CAMERA = CameraConfig(width=160, height=120)


class Watched(HouseBody):
    """A body that counts which true objects showed enough."""

    def watch(self) -> "Watched":
        self.tracker = ShownTracker(thing.id for thing in self.house.objects)
        return self

    def observe(self) -> Observation:
        observation = super().observe()
        self.tracker.update(observation, self.house.instance_to_object)
        return observation


def walk(house: House, hippocampus: Hippocampus, ticks: int = 600) -> list[str]:
    body = Watched(house, CAMERA).watch()
    brain = Brain(body, hippocampus)
    brain.connect()
    brain.explore(ticks)
    brain.close()
    return body.tracker.shown(min_frames=2)


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, list[str], Path]:
    house = generate_house(SEED, HouseConfig(rooms=4))
    hippocampus = build_hippocampus(seed=SEED)
    shown = walk(house, hippocampus)
    path = tmp_path_factory.mktemp("visit") / "first.mem"
    hippocampus.save(path)
    return house, shown, path


def facts(path: Path) -> list[ObjectFact]:
    return [fact for _, fact in active(MemoryStore.read(path), ObjectFact)]


def claims(known: list[ObjectFact], thing: dict[str, object], within: float = 0.3) -> bool:
    low = np.array(thing["box_min"]) - within
    high = np.array(thing["box_max"]) + within
    return any(
        fact.category == thing["category"]
        and fact.state in ("present", "moved")
        and (low <= fact.position).all()
        and (high >= fact.position).all()
        for fact in known
    )


def test_what_showed_is_remembered_and_nothing_else(
    visited: tuple[House, list[str], Path],
) -> None:
    house, shown, path = visited
    truth = {thing["id"]: thing for thing in house.truth()["objects"]}
    known = facts(path)
    found = [claims(known, truth[name]) for name in shown]
    assert len(shown) >= 20
    assert np.mean(found) >= 0.95
    for fact in known:
        if fact.state == "present":
            assert any(claims([fact], thing) for thing in truth.values()), fact


def test_each_object_stands_in_one_snapshot_that_shows_it(
    visited: tuple[House, list[str], Path],
) -> None:
    store = MemoryStore.read(visited[2])
    shots = [(record, fact) for record, fact in active(store, SnapshotFact)]
    members = [name for _, fact in shots for name in fact.cluster]
    believed = {fact.object_id for fact in facts(visited[2]) if fact.views >= 2}
    assert sorted(members) == sorted(believed)
    for record, fact in shots:
        assert fact.cluster
        assert set(fact.cluster) <= set(fact.boxes)
        assert record.pose is not None
        assert len(record.losses) == len(record.payload) > 3
        for count in (1, len(record.payload)):
            assert decode_picture(record.payload[:count]).shape == (120, 160, 3)


def test_records_are_found_by_where_they_are_and_by_their_look(
    visited: tuple[House, list[str], Path],
) -> None:
    store = MemoryStore.read(visited[2])
    for fact_type, place_known in ((ObjectFact, 0.9), (PlaceFact, 1.0), (FrontierFact, 0.0)):
        found = list(active(store, fact_type))
        for record, fact in found:
            assert record.pose is not None and record.pose[3:] == (1.0, 0.0, 0.0, 0.0)
            at = fact.position if isinstance(fact, ObjectFact) else fact.centroid
            near = store.query(Filter(kind=record.kind, near=(at, 0.01)), payload=False)
            assert record.id in {each.id for each in near}
        assert np.mean([record.place is not None for record, _ in found] or [1.0]) >= place_known
    objects = [record for record, _ in active(store, ObjectFact)]
    assert {record.space for record in objects} == {"colour-shape"}
    slots, scores = store.search(objects[3].vector, 2, space="colour-shape")
    assert store.columns.ids[slots[0]] == objects[3].id
    assert scores[0] == pytest.approx(1.0, abs=1e-5)


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    body = HouseBody(generate_house(SEED, HouseConfig(rooms=4)), CAMERA)
    hippocampus = build_hippocampus(path=tmp_path / "a.mem")
    with hippocampus.store as store:
        body.connect()
        for _ in range(12):
            hippocampus.observe(body.observe())
            body.act(Command(turn=0.5))
        body.close()
        assert 0 < store.sequence <= 24
        hippocampus.consolidate()
        digest, sequence = store.digest(), store.sequence
        hippocampus.consolidate()
        hippocampus.save(tmp_path / "a.mem")
        assert store.sequence == sequence
        hippocampus.save(tmp_path / "file.mem")
        category = next(fact.category for _, fact in active(store, ObjectFact))
        cited = hippocampus.recall(f"Where is the {category}?").citations
        assert cited
        assert (hippocampus.demand.asked, hippocampus.demand.total) == (1, 1.0)
        hippocampus.recall("Where is the unicorn?")
        assert hippocampus.demand.asked == 1
    with (
        MemoryStore.read(tmp_path / "a.mem") as kept,
        MemoryStore.read(tmp_path / "file.mem") as file,
    ):
        assert kept.digest() == file.digest() == digest
        assert {r.id for r in kept.records() if r.statistics.citations} == {
            citation.snapshot for citation in cited
        }


def test_an_error_of_the_store_leaves_the_memory_as_it_was(tmp_path: Path) -> None:
    body = HouseBody(generate_house(SEED, HouseConfig(rooms=4)), CAMERA)
    hippocampus = build_hippocampus(path=tmp_path / "a.mem")
    body.connect()
    with hippocampus.store as store:
        hippocampus.observe(body.observe())
        apply = store.apply
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "apply", _full_disk)
            with pytest.raises(StoreFullError):
                hippocampus.observe(body.observe())
        assert store.apply == apply
        for _ in range(3):
            hippocampus.observe(body.observe())
        hippocampus.consolidate()
        known = {fact.object_id for _, fact in active(store, ObjectFact)}
        assert len(known) == hippocampus.scene.objects.live.sum() > 3
        assert store.verify().ok


def _full_disk(operations: object) -> None:
    raise StoreFullError("cannot write to the memory: No space left on device")


def test_places_map_and_walk_are_stored(visited: tuple[House, list[str], Path]) -> None:
    store = MemoryStore.read(visited[2])
    places = {fact.place_id for _, fact in active(store, PlaceFact)}
    assert len(places) >= 3
    assert len(list(active(store, MapFact))) == 1
    (_, trip), *more = active(store, WalkFact)
    assert not more
    assert trip.length > 5.0
    located = [record.place in places for record, _ in active(store, ObjectFact)]
    assert np.mean(located) > 0.9


def test_a_second_visit_follows_a_moved_object_and_keeps_the_rest(
    visited: tuple[House, list[str], Path], tmp_path: Path
) -> None:
    house, shown, path = visited
    before = {fact.object_id for fact in facts(path)}
    moved = _move_something(house, shown)
    house.new_visit()
    hippocampus = build_hippocampus(resume=path)
    walk(house, hippocampus)
    hippocampus.save(tmp_path / "second.mem")
    known = facts(tmp_path / "second.mem")
    now = {thing["id"]: thing for thing in house.truth()["objects"]}[moved["id"]]
    assert claims(known, now)
    assert not claims(known, moved, within=0.1)
    kept = before & {fact.object_id for fact in known}
    assert len(kept) >= 0.9 * len(before)
    archived = [r for r in MemoryStore.read(tmp_path / "second.mem").records() if r.valid_to]
    assert any(record.content["category"] == moved["category"] for record in archived)


def _move_something(house: House, shown: list[str]) -> dict[str, object]:
    """Moves one shown small thing onto another carrier, far enough away; returns how it was."""
    truth = {thing["id"]: thing for thing in house.truth()["objects"]}
    categories = [thing["category"] for thing in truth.values()]
    for name in shown:
        thing = truth[name]
        if thing["on"] is None or categories.count(thing["category"]) > 1:
            continue
        for carrier in shown:
            gap = np.subtract(truth[carrier]["position"], thing["position"])[:2]
            if carrier == thing["on"] or np.linalg.norm(gap) < 2.0:
                continue
            try:
                house.move(name, to=carrier)
            except Exception:
                continue
            return thing
    raise AssertionError("nothing in this house can be moved")


def test_empty_and_blind_frames_do_no_harm() -> None:
    hippocampus = build_hippocampus()
    shape = (60, 80)
    for tick, depth in enumerate((0.0, np.nan, 0.01, 30.0)):
        hippocampus.observe(
            Observation(
                rgb=np.zeros((*shape, 3), np.uint8),
                depth=np.full(shape, depth, np.float32),
                intrinsics=Intrinsics.from_hfov(80, 60, 1.5),
                T_world_camera=np.eye(4),
                T_world_body=np.eye(4),
                tick=tick,
                instance=np.ones(shape, np.int32),
                labels={1: "mug"},
            )
        )
    hippocampus.consolidate()
    assert not list(active(hippocampus.store, SnapshotFact))


def test_what_an_allocator_hears_of_the_agent(visited: tuple[House, list[str], Path]) -> None:
    house, _, path = visited
    body = HouseBody(house, CAMERA)
    heard: list[AllocationContext] = []

    class Listening:
        def propose(
            self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
        ) -> tuple[Operation, ...]:
            heard.append(context)
            return (Noop(),)

    hippocampus = build_hippocampus(path=path)
    body.connect()
    hippocampus.observe(body.observe())
    hippocampus.consolidate()
    hippocampus.observe(body.observe())
    here = hippocampus.scene.place_at(body.observe().T_world_body[:2, 3])
    singles = {r.id for kind in (MapFact, WalkFact) for r, _ in active(hippocampus.store, kind)}
    operations = [Add(record=MemoryRecord(id="f" * 32, kind="event", payload=(bytes(9),)))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hippocampus._keeper, "allocator", Listening())
        patch.setattr(MemoryStore, "apply", _refuse)
        hippocampus._apply(operations)
    (context,) = heard[:1]
    assert context.visits == hippocampus.visits == {here: 1}
    assert context.protected_ids == singles
    assert len(singles) == 2
    assert context.demand is hippocampus.demand
    body.close()


def _refuse(store: MemoryStore, operations: Sequence[Operation]) -> tuple[str | None, ...]:
    if any(isinstance(each, Add) for each in operations):
        raise BudgetError("no room")
    return tuple(None for _ in operations)
