from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.remember.items import ItemFact
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.facts import ObjectFact, active
from watched_table import put, watched


def test_an_earlier_visit_is_read_back_from_its_files(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path / "memory", session="visit-1")
    with watched(
        put("plate", "white", 0.36, 0.0),
        put("mug", "blue", 0.40, 0.2, 0.5),
        put("fork", "steel", 0.36, -0.12, 0.3),
        store=store,
    ) as table:
        table.look(3)
        laid = {name: each.position.copy() for name, each in table.things().items()}
        table.drawer("left_drawer", 1.0)
        table.look()
        table.body.place_object("steel_fork", (0.64, 0.13, 0.0205), 1.2)
        table.look()
        table.drawer("left_drawer", 0.0, ["steel_fork"])
        table.look()
        store.close()
        table.body.place_object("white_plate", (0.45, -0.2, 0.0005))
        table.body.place_object("blue_mug", (0.32, 0.1, 0.0005))

        with MemoryStore(tmp_path / "memory", session="visit-2") as again:
            belief = table.begin(again)
            fork = table.things()["steel_fork"]
            assert (fork.place, fork.visible) == ("left_drawer", False)
            table.look(3)
            assert set(table.things()) == {"white_plate", "blue_mug", "steel_fork"}
            assert table.error("white_plate") < 0.005
            last = belief.arrangement("last_time")
            assert set(last) == set(laid)
            assert last["steel_fork"].place == "left_drawer"
            for name in ("white_plate", "blue_mug"):
                assert np.linalg.norm(np.subtract(last[name].position, laid[name])) < 0.004
            told = {(each.entity, each.session): each for each in belief.remembered()}
            assert told["steel_fork", "visit-1"].closed_in
            assert ("steel_fork", "") not in told
            assert told["white_plate", ""].position != told["white_plate", "visit-1"].position
            assert [each.session for each in belief.remembered()][-1] == ""


def test_a_move_supersedes_what_was_believed_before() -> None:
    store = MemoryStore(seed=3)
    with watched(
        put("block", "red", 0.40, -0.1), put("can", "blue", 0.3, 0.2), store=store
    ) as table:
        table.look(3)
        table.body.place_object("red_block", (0.32, 0.15, 0.0005))
        table.look(2)
    now = {fact.object_id: fact for _, fact in active(store, ObjectFact)}
    assert set(now) == {"red_block", "blue_can"}
    assert now["red_block"].position == pytest.approx((0.32, 0.15, 0.02), abs=0.005)
    versions = store.query(Filter(about="red_block", status="any"))
    assert [each.status for each in versions] == ["archived", "active"]
    old, new = versions
    assert old.valid_to == new.valid_from and new.place == "table"
    assert ItemFact.__struct_config__.tag == ObjectFact.__struct_config__.tag
    assert len(store.query(Filter(about="blue_can", status="any"))) == 1


def test_the_arrangement_before_is_that_of_the_first_look() -> None:
    with watched(
        put("block", "red", 0.40, -0.1, 0.3), put("cup", "green", 0.33, 0.15), store=MemoryStore()
    ) as table:
        first = {name: each.position.copy() for name, each in table.look(2).items()}
        table.body.place_object("red_block", (0.32, 0.0, 0.0005))
        table.look(2)
        table.body.place_object("green_cup", (0.32, 0.46, 0.0055))
        table.pass_by()
        table.look(2)
        before = table.belief.arrangement("before")
        assert table.things()["green_cup"].place == "red_bin"
        assert {name: each.place for name, each in before.items()} == dict.fromkeys(first, "table")
        for name, each in before.items():
            assert np.linalg.norm(np.subtract(each.position, first[name])) < 0.003
        turn = (before["red_block"].yaw - 0.3) % (0.5 * np.pi)
        assert min(turn, 0.5 * np.pi - turn) < 0.1
        table.belief.mark("before")
        assert table.belief.arrangement("before")["green_cup"].place == "red_bin"
        assert table.belief.arrangement("last_time") == {}


def test_the_last_visit_counts_and_not_the_one_before_it() -> None:
    store = MemoryStore()
    with watched(put("spoon", "red", 0.40, -0.1), store=store) as table:
        table.look(2)
        for y in (0.0, 0.2):
            table.begin(store)
            table.body.place_object("red_spoon", (0.35, y, 0.0005))
            table.pass_by()
            table.look(2)
        assert table.belief.arrangement("last_time")["red_spoon"].position[1] == pytest.approx(
            0.0, abs=0.006
        )
        sessions = [each.session for each in table.belief.remembered()]
        assert sessions == ["visit-1", "visit-2", ""]
