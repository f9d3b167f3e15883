import copy
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from embodied_mem.memory import Add, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.facts import ObjectFact, ObjectState
from embodied_mem_envs.evaluation.moved import judge_moved, moved_tracked

Truth = dict[str, Any]
Place = tuple[float, float, float]
HOME, AWAY, OTHER = (1.0, 1.0, 0.5), (4.0, 1.0, 0.5), (9.0, 1.0, 0.5)
BOTH = ["mug-0", "mug-1"]


def memory(*claims: tuple[Place, ObjectState]) -> MemoryStore:
    store = MemoryStore()
    for number, (place, state) in enumerate(claims):
        fact = ObjectFact(
            object_id=f"o{number}",
            category="mug",
            colour="red",
            position=place,
            box_min=place,
            box_max=place,
            state=state,
            confidence=1.0,
            views=3,
            first_tick=0,
            last_tick=1,
        )
        record = MemoryRecord(id=f"{number:032x}", kind="fact", content=msgspec.to_builtins(fact))
        store.apply([Add(record=record)])
    return store


@pytest.fixture
def houses(object_of: Callable[..., Truth]) -> tuple[Truth, Truth]:
    """Before and after mug-0 went from HOME to AWAY; mug-1 stays at OTHER."""
    before: Truth = {
        "rooms": [{"id": "room-0", "category": "kitchen"}],
        "objects": [
            object_of("mug-0", "room-0", HOME, 0.1),
            object_of("mug-1", "room-0", OTHER, 0.1),
        ],
    }
    after = copy.deepcopy(before)
    after["objects"][0] = object_of("mug-0", "room-0", AWAY, 0.1)
    return before, after


def tracked(store: MemoryStore, houses: tuple[Truth, Truth]) -> tuple[bool, bool]:
    (verdict,) = judge_moved(store, *houses, BOTH, BOTH)
    assert (verdict.id, verdict.metres) == ("mug-0", 3.0)
    return verdict.old_claim_closed, verdict.new_place_known


def test_a_memory_that_followed(houses: tuple[Truth, Truth]) -> None:
    store = memory((AWAY, "moved"), (OTHER, "present"))
    assert tracked(store, houses) == (True, True)
    verdicts = judge_moved(store, *houses, BOTH, BOTH)
    assert moved_tracked(verdicts) == 1.0


def test_a_claim_that_was_superseded_is_closed(houses: tuple[Truth, Truth]) -> None:
    store = memory((HOME, "present"), (OTHER, "present"))
    assert tracked(store, houses) == (False, False)
    content = memory((AWAY, "moved")).get("0" * 32).content
    store.apply([Update(id="0" * 32, tick=9, changes={"content": content}, supersede_as="f" * 32)])
    assert tracked(store, houses) == (True, True)


def test_the_old_claim_must_be_closed(houses: tuple[Truth, Truth]) -> None:
    assert tracked(memory((HOME, "present"), (AWAY, "present")), houses) == (False, True)
    assert tracked(memory((HOME, "missing"), (AWAY, "present")), houses) == (True, True)
    assert tracked(memory((HOME, "missing")), houses) == (True, False)


def test_the_new_place_must_be_close(houses: tuple[Truth, Truth]) -> None:
    near, far = (4.0, 1.5, 0.5), (4.0, 1.6, 0.5)
    assert tracked(memory((near, "present")), houses) == (True, True)
    assert tracked(memory((far, "present")), houses) == (True, False)


def test_another_mug_that_is_rightly_there_neither_helps_nor_harms(
    houses: tuple[Truth, Truth], object_of: Callable[..., Truth]
) -> None:
    before, after = copy.deepcopy(houses)
    beside_home, beside_away = (1.2, 1.0, 0.5), (4.2, 1.0, 0.5)
    for truth in (before, after):
        truth["objects"][1] = object_of("mug-1", "room-0", beside_home, 0.1)
    assert tracked(memory((beside_home, "present"), (AWAY, "moved")), (before, after)) == (
        True,
        True,
    )
    for truth in (before, after):
        truth["objects"][1] = object_of("mug-1", "room-0", beside_away, 0.1)
    assert tracked(memory((beside_away, "present")), (before, after)) == (True, False)


def test_only_things_that_moved_far_and_showed_twice_are_judged(
    houses: tuple[Truth, Truth], object_of: Callable[..., Truth]
) -> None:
    before, after = houses
    store = memory((AWAY, "moved"))
    assert judge_moved(store, before, after, ["mug-1"], BOTH) == []
    assert judge_moved(store, before, after, BOTH, ["mug-1"]) == []
    nudged = {**after, "objects": [object_of("mug-0", "room-0", (1.9, 1.0, 0.5), 0.1)]}
    assert judge_moved(store, before, nudged, BOTH, BOTH) == []
    assert np.isnan(moved_tracked([]))


def test_an_empty_memory_knows_no_new_place(houses: tuple[Truth, Truth]) -> None:
    assert tracked(memory(), houses) == (True, False)
