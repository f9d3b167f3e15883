"""Consolidation at the end of visits of a real house: links, versions and summaries last."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.language.recollection import Recollection
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.consolidation import Consolidator, is_summary
from embodied_mem_envs.house import (
    CameraConfig,
    House,
    HouseBody,
    HouseConfig,
    generate_house,
    live,
)

VISITS = 2


def _visit(house: House, memory: Path, number: int) -> None:
    hippocampus = build_hippocampus(
        path=memory, seed=3, session=f"visit {number}", resume=memory if number else None
    )
    hippocampus.consolidator = Consolidator(hippocampus.store)
    brain = Brain(HouseBody(house, CameraConfig(width=96, height=72)), hippocampus)
    brain.connect()
    brain.explore(180)
    brain.close()
    hippocampus.consolidate()
    hippocampus.store.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = generate_house(3, HouseConfig(rooms=3))
    memory = tmp_path_factory.mktemp("lived") / "house.mem"
    for number in range(VISITS):
        if number:
            live(house, np.random.default_rng(number), 4)
            house.new_visit()
        _visit(house, memory, number)
    return memory


def test_every_outlived_fact_hangs_on_what_is_believed_now(lived: Path) -> None:
    store = MemoryStore.read(lived)
    past = store.query(Filter(kind="fact", status="archived"))
    assert past
    for record in past:
        chain = store.history(record.id)
        assert chain[-1].status == "active"
        assert [each.version for each in chain] == list(range(1, len(chain) + 1))
        assert record.payload == ()


def test_links_last_over_visits_and_none_dangles(lived: Path) -> None:
    store = MemoryStore.read(lived)
    near = 0
    for record in store.records(payload=False):
        assert all(link.id in store for link in record.links)
        near += any(link.type == "near" for link in record.links) and record.recorded_at < 180
    assert near > 10  # written at the end of the first visit


def test_each_visit_is_told_and_rooms_are_told_as_they_are_now(lived: Path) -> None:
    store = MemoryStore.read(lived)
    told = [record for record in store.query(Filter(kind="summary")) if is_summary(record)]
    visits = {
        r.content["subject_id"]: r.content["text"] for r in told if r.content["type"] == "visit"
    }
    assert "visit 0" in visits
    assert any("was moved by" in text for name, text in visits.items() if name != "visit 0")
    rooms = {r.content["subject_id"] for r in told if r.content["type"] == "room"}
    places = Recollection(store).places
    assert rooms
    assert rooms <= set(places)


def test_rooms_of_the_past_are_rooms_that_are_known(lived: Path) -> None:
    store = MemoryStore.read(lived)
    places = Recollection(store).places
    for record in store.query(Filter(kind="fact", status="archived"), payload=False):
        assert record.place is None or record.place in places
