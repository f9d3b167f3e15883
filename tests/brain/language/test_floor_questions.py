"""Floors in questions: which there are, what they restrict, and what stays as it was."""

import msgspec
import pytest

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.brain.language.questions import parse_question
from embodied_mem.brain.language.storeys import read_storeys, storey_words
from embodied_mem.memory import Add, MemoryStore
from embodied_mem.memory.facts import KIND_OF, Fact, ObjectFact, PlaceFact
from embodied_mem.memory.record import MemoryRecord
from embodied_mem_envs.evaluation.paraphrases import PLAIN, WAYS

UPPER = 2.8


def _record(number: int, fact: Fact, z: float, place: str | None) -> MemoryRecord:
    return MemoryRecord(
        id=f"{number:032x}",
        kind=KIND_OF[type(fact)],
        content=msgspec.to_builtins(fact),
        observer="agent",
        session="s",
        recorded_at=1,
        valid_from=1,
        pose=(1.0, 1.0, z, 1.0, 0.0, 0.0, 0.0),
        place=place,
    )


def _thing(name: str, z: float, place: str | None, number: int) -> MemoryRecord:
    x = float(number)
    fact = ObjectFact(
        object_id=f"{name}-{number}",
        category=name,
        colour="red",
        position=(x, 0.0, z + 0.25),
        box_min=(x, 0.0, z),
        box_max=(x + 0.4, 0.4, z + 0.5),
        state="present",
        confidence=0.9,
        views=9,
        first_tick=1,
        last_tick=1,
    )
    return _record(100 + number, fact, z, place)


def _place(category: str, floor: int, number: int) -> MemoryRecord:
    fact = PlaceFact(
        place_id=f"p{number}",
        category=category,
        name=category,
        centroid=(1.0, 1.0),
        area=9.0,
        floor=floor,
    )
    return _record(number, fact, floor * UPPER, f"p{number}")


@pytest.fixture
def house() -> MemoryStore:
    """A kitchen below with two chairs; a bathroom above with a bath, a chair, a nameless mug."""
    store = MemoryStore()
    records = [
        _place("kitchen", 0, 0),
        _place("bathroom", 1, 1),
        _thing("chair", 0.0, "p0", 1),
        _thing("chair", 0.0, "p0", 2),
        _thing("sofa", 0.0, "p0", 3),
        _thing("bathtub", UPPER, "p1", 4),
        _thing("chair", UPPER, "p1", 5),
        _thing("mug", UPPER, None, 6),
    ]
    store.apply([Add(record=record) for record in records])
    return store


@pytest.mark.parametrize("way", [PLAIN["which_floor"], *WAYS["which_floor"]])
def test_every_way_to_ask_for_the_floor_is_understood(way: str) -> None:
    question = parse_question(way.replace("{x}", "red mug"), storeys=2)
    assert question.kind == "which_floor"
    assert [s.categories for s in question.subjects] == [("mug",)]
    assert question.subjects[0].colour == "red" and not question.unused


@pytest.mark.parametrize(
    ("text", "floors"),
    [
        ("how many chairs are upstairs?", (1,)),
        ("how many chairs are on the first floor?", (1,)),
        ("Count the chairs on the upper floor.", (1,)),
        ("how many chairs are on floor 0?", (0,)),
        ("how many chairs are downstairs", (0,)),
        ("how many chairs are there?", ()),
    ],
)
def test_a_floor_restricts_what_is_counted(
    house: MemoryStore, text: str, floors: tuple[int, ...]
) -> None:
    assert parse_question(text, storeys=2).floors == floors
    expected = {(): 3, (0,): 2, (1,): 1}[floors]
    assert answer_question(text, house).value == expected


def test_the_floor_of_a_thing_is_told(house: MemoryStore) -> None:
    answer = answer_question("Which floor is the bath on?", house)
    assert (answer.value, answer.floor, answer.status) == (1, 1, "answered")
    assert answer.text == "The bathtub is upstairs, in the bathroom."
    where = answer_question("Where is the sofa?", house)
    assert where.value["floor"] == 0 and "in the kitchen downstairs" in where.text
    room = answer_question("Which room is the sofa in?", house)
    assert (room.value, room.floor) == ("kitchen", 0)
    nowhere = answer_question("Is the mug upstairs or downstairs?", house)
    assert nowhere.value == 1  # it is in no known room, but its height tells


def test_what_is_on_a_floor_is_listed(house: MemoryStore) -> None:
    answer = answer_question("What is upstairs?", house)
    assert {each["category"] for each in answer.value} == {"bathtub", "chair", "mug"}
    assert answer_question("Which rooms are upstairs?", house).value == ["bathroom"]


def test_what_is_only_on_the_other_floor_is_not_there(house: MemoryStore) -> None:
    assert answer_question("Is there a sofa on the ground floor?", house).value is True
    answer = answer_question("Is there a sofa upstairs?", house)
    assert answer.value is False and "upstairs" in answer.text


def test_what_stands_above_a_ceiling_is_not_near(house: MemoryStore) -> None:
    assert "bathtub" not in answer_question("What is near the sofa?", house).value


def test_a_house_of_one_floor_reads_nothing_of_floors() -> None:
    text = "how many chairs are upstairs"
    assert parse_question(text).floors == () and "upstairs" in parse_question(text).unused
    assert read_storeys(tuple(text.split()), 1).sentences == (tuple(text.split()),)
    assert storey_words(0, 1) == ""
