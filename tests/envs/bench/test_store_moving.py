"""Objects that move: one active fact each, and the past kept, through the real store."""

from itertools import pairwise

import msgspec
import pytest

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.filter import Filter
from embodied_mem_envs.bench.store.moving import one_world
from embodied_mem_envs.bench.store.moving_memories import AddOnly, OnConflict
from embodied_mem_envs.bench.store.moving_senses import PlainSenses
from embodied_mem_envs.bench.store.moving_world import (
    ROOMS,
    MovingWorld,
    MovingWorldConfig,
    Sighting,
    Visit,
)

SENSES = PlainSenses(pictures=False)
MUG, LAMP = "obj-000", "obj-020"


def seen(*objects: tuple[str, float]) -> tuple[Sighting, ...]:
    return tuple(Sighting(object_id, f"the {object_id}", (x, 0.5, 1.0)) for object_id, x in objects)


def test_the_walk_shows_what_is_there_and_repeats() -> None:
    config = MovingWorldConfig(sightings=500)
    world = MovingWorld(4, config)
    visits = list(world.walk())
    assert sum(len(visit.sightings) for visit in visits) == 500
    assert visits == list(MovingWorld(4, config).walk())
    assert visits != list(MovingWorld(5, config).walk())
    for visit in visits:
        for sighting in visit.sightings:
            index = int(sighting.object_id.removeprefix("obj-"))
            assert world.place(index, visit.tick) == visit.room
            assert abs(sighting.position[0] - 4 * ROOMS.index(visit.room) - 2) < 2.5
    assert all(a.room != b.room for a, b in pairwise(visits))
    moves = sum(
        world.place(index, tick) != world.place(index, tick - 1)
        for index in range(len(world.names))
        for tick in range(1, world.ticks)
    )
    assert 1.5 < moves / len(world.names) < 4.5


def test_a_move_supersedes_in_one_batch_and_is_dated_by_what_was_missed() -> None:
    with MemoryStore() as store:
        memory = OnConflict(store, SENSES, keep_history=True)
        memory.remember(Visit(10, "kitchen", seen((MUG, 1.0), (LAMP, 2.0))))
        memory.remember(Visit(20, "kitchen", seen((MUG, 1.1), (LAMP, 2.0))))
        assert len(store) == 2
        memory.remember(Visit(30, "kitchen", seen((LAMP, 2.0))))  # the mug is gone since 20 to 30
        before = store.sequence
        memory.remember(Visit(50, "office", seen((MUG, 13.0))))
        assert store.sequence == before + 1
        (now,) = store.query(Filter(about=MUG))
        assert (now.place, now.valid_from, now.recorded_at, now.version) == ("office", 25, 50, 2)
        for tick, place in ((10, "kitchen"), (24, "kitchen"), (25, "office"), (60, "office")):
            assert [r.place for r in store.query(Filter(about=MUG, valid_at=tick))] == [place]
        (believed,) = store.query(Filter(about=MUG, as_of=40))
        assert believed.place == "kitchen"
        old, new = store.history(now.id)
        assert (old.valid_to, old.superseded_at, new.id) == (25, 50, now.id)
        (lamp,) = store.query(Filter(about=LAMP))
        assert (lamp.version, lamp.content["seen_at"]) == (1, 30)


def test_deleting_forgets_the_past_and_adding_keeps_everything() -> None:
    visits = [
        Visit(1, "kitchen", seen((MUG, 1.0))),
        Visit(2, "office", seen((MUG, 13.0))),
        Visit(3, "office", seen((MUG, 13.0))),
    ]
    with MemoryStore() as deleting, MemoryStore() as adding:
        for visit in visits:
            OnConflict(deleting, SENSES, keep_history=False).remember(visit)
        memory = AddOnly(adding, SENSES)
        for visit in visits:
            memory.remember(visit)
        assert [record.place for record in deleting.records()] == ["office"]
        assert deleting.query(Filter(about=MUG, valid_at=1)) == []
        assert [record.place for record in adding.records()] == ["kitchen", "office", "office"]


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return one_world(1, MovingWorldConfig(sightings=400, moves=1.0))


def test_the_figures_tell_the_ways_apart(figures: dict[str, float]) -> None:
    assert figures["current_place_accuracy"] > 0.8
    assert figures["current_place_accuracy"] == figures["add_only_recency_current_accuracy"]
    assert figures["past_place_accuracy"] > figures["delete_past_accuracy"]
    assert figures["past_place_accuracy"] > figures["add_only_past_accuracy"]
    assert figures["moving_budget_exceeded"] == 0
    assert figures["moving_active_records"] <= 60 < figures["moving_records"]
    assert figures["moving_add_only_active_records"] == 400
    assert all(0 <= value <= 1 for name, value in figures.items() if name.endswith("accuracy"))


def test_pictures_have_layers() -> None:
    layers, losses = PlainSenses().picture(seen((MUG, 1.0))[0], 3)
    assert len(layers) == len(losses) > 3
    assert SENSES.picture(seen((MUG, 1.0))[0], 3) == ((), ())
    assert msgspec.msgpack.encode(layers) == msgspec.msgpack.encode(
        PlainSenses().picture(seen((MUG, 1.0))[0], 3)[0]
    )
