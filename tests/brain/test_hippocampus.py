"""From pixels to records in a real house: what was seen is remembered, what changed is noticed."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import MapFact, ObjectFact, PlaceFact, SnapshotFact, WalkFact, active
from embodied_mem.types import Intrinsics, Observation
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
        assert record.payload[0].startswith(b"\xff\xd8")
        assert record.pose is not None


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
