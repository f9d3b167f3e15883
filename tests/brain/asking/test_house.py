"""Right answers about a house that a robot walked through, by models of rules."""

from collections import Counter

import pytest

from embodied_mem.brain.asking import Asked, ModelAnswerer
from embodied_mem.memory import MemoryStore
from embodied_mem.models.roles import Roles
from embodied_mem_envs.bench.long.rerank_walks import walked_memory
from embodied_mem_envs.house import HouseConfig, generate_house
from rule_roles import RuleRoles

SEED = 4


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return walked_memory(SEED)


def test_things_are_found_in_their_true_rooms_and_the_pictures_prove_it(
    store: MemoryStore,
) -> None:
    truth = generate_house(SEED, HouseConfig(rooms=5)).truth()
    rooms = {room["id"]: room["category"] for room in truth["rooms"]}
    names = Counter(f"{each['colour']} {each['category']}" for each in truth["objects"])
    answerer = ModelAnswerer(store, Roles.of(RuleRoles()))
    answers: list[tuple[str, Asked]] = [
        (rooms[each["room"]], answerer.answer(f"Where is the {each['colour']} {each['category']}?"))
        for each in truth["objects"]
        if names[f"{each['colour']} {each['category']}"] == 1
    ]
    assert len(answers) >= 20
    found = [(room, asked) for room, asked in answers if len(asked.calls) == 1]
    right = [asked for room, asked in found if f"the {room}" in asked.text]
    assert len(right) >= 0.95 * len(found) and len(right) >= 0.8 * len(answers)
    for asked in right:
        assert asked.pictures, asked
        assert {each.snapshot for each in asked.pictures} == {p.record for p in asked.citations}
        for proof in asked.citations:
            assert store.get(proof.record).valid_from == proof.tick


def test_nothing_is_told_of_what_no_house_holds(store: MemoryStore) -> None:
    answerer = ModelAnswerer(store, Roles.of(RuleRoles()))
    for thing in ("submarine", "giraffe", "anvil"):
        asked = answerer.answer(f"Where is the {thing}?")
        assert asked.status == "unknown" and not asked.citations and len(asked.calls) == 2
