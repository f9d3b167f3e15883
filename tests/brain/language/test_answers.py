"""Answers from a small flat in memory."""

import msgspec
import pytest

from embodied_mem.brain.language import Answer, AnswerConfig, answer_question
from embodied_mem.memory.store import MemoryStore
from furnished_flat import THINGS, store_of

EXACT = [
    ("which room is the printer in", "which_room", "office"),
    ("which room is the white cup in", "which_room", "office"),
    ("how many chairs are there", "how_many", 3),
    ("how many chairs are there in the kitchen", "how_many", 2),
    ("how many white chairs do we have", "how_many", 1),
    ("how many seats are there", "how_many", 5),
    ("how many chairs and sofas are there", "how_many", 4),
    ("how many things are on the desk", "how_many", 2),
    ("how many chairs are near the television", "how_many", 1),
    ("what colour is the couch", "colour", "grey"),
    ("what color is the mug in the office", "colour", "white"),
    ("what colour is the biggest bed", "colour", "blue"),
    ("is there a mug in the kitchen", "exists", True),
    ("is there a mug or a piano", "exists", True),
    ("is the sofa grey", "exists", True),
    ("do we have a kitchen", "exists", True),
    ("what is near the desk", "near", ["mug", "laptop", "office chair", "printer"]),
    ("what furniture is near the sofa", "near", ["coffee table"]),
    ("what is near the blue bed", "near", ["nightstand", "table lamp", "wardrobe"]),
    ("which room is next to the kitchen", "near", ["living room"]),
    ("what is on the desk", "on", ["laptop", "mug"]),
    ("what is on the coffee table", "on", ["book", "vase"]),
    ("what is in the second bedroom", "in_room", ["bed"]),
    ("how many bedrooms are there", "how_many_rooms", 2),
    ("what is the largest room", "rooms", "living room"),
    ("when did you last see the red mug", "last_seen", 312),
    ("has the vase been moved", "moved", True),
    ("has the sofa been moved", "moved", False),
    ("was the backpack taken away", "moved", True),
    ("how far is the sofa from the television", "distance", 2.7),
    ("how big is the wardrobe", "size", [1.2, 0.6, 2.0]),
]


@pytest.mark.parametrize(("text", "kind", "value"), EXACT, ids=[row[0] for row in EXACT])
def test_certain_answers(memory: MemoryStore, text: str, kind: str, value: object) -> None:
    answer = answer_question(text, memory)
    assert (answer.kind, answer.status, answer.certain) == (kind, "answered", True)
    expected = pytest.approx(value) if isinstance(value, float) else value
    assert answer.value == expected


CHOSEN = [
    ("where is the red mug", "mug-4"),
    ("where is the cup in the office", "mug-5"),
    ("where is the lamp near the sofa", "floor lamp-13"),
    ("where is the biggest bed", "bed-15"),
    ("where is the small bed", "bed-18"),
    ("where is the book on the coffee table", "book-14"),
    ("where is the surfboard", "surfboard-30"),
    ("what is the biggest object", "bed-15"),
    ("what is the smallest thing in the office", "mug-5"),
    ("which object is closest to the fridge", "kitchen counter-2"),
    ("which chair is closest to the sofa", "chair-8"),
    ("what is closest to the chair in the living room", "television-11"),
    ("what is the tallest piece of furniture", "wardrobe-19"),
    ("what is farthest from the stove", "bed-18"),
    ("which is bigger, the sofa or the desk", "sofa-9"),
    ("what is the nearest lamp", "floor lamp-13"),
    ("where was the vase before", "vase-25"),
]


@pytest.mark.parametrize(("text", "object_id"), CHOSEN, ids=[row[0] for row in CHOSEN])
def test_the_right_object_is_chosen(memory: MemoryStore, text: str, object_id: str) -> None:
    answer = answer_question(text, memory)
    assert answer.certain, answer.text
    assert answer.value["object"] == answer.objects[0] == object_id
    assert len(answer.value["position"]) == 3


def test_where_tells_all_that_it_knows(memory: MemoryStore) -> None:
    answer = answer_question("Where's the red cup?", memory)
    assert answer.text == (
        "The red mug is in the kitchen, on the kitchen counter, at (2.2, 0.4, 0.9) m;"
        " last seen at tick 312."
    )
    assert answer.value == {
        "object": "mug-4",
        "category": "mug",
        "position": [2.2, 0.4, 0.95],
        "room": "kitchen",
        "room_name": "kitchen",
        "on": "kitchen counter-2",
        "floor": 0,
    }


def test_where_lists_several(memory: MemoryStore) -> None:
    answer = answer_question("where is my mug", memory)
    assert answer.objects == ("mug-4", "mug-5")
    assert "2 mugs" in answer.text and "office" in answer.text


def test_here_decides_what_is_nearest(memory: MemoryStore) -> None:
    assert answer_question("where is a mug", memory, here=(7.0, 7.0)).objects[0] == "mug-5"
    near_bed = answer_question("what is the nearest bed", memory, here=(12.0, 6.0))
    assert near_bed.value["object"] == "bed-18"
    assert answer_question("what is near me", memory, here=(13.1, 1.0)).value[0] == "bed"


def test_where_was_it_before(memory: MemoryStore) -> None:
    answer = answer_question("where was the vase before", memory)
    assert answer.value["position"] == [13.1, 0.5, 0.6]
    assert answer.value["room"] == "bedroom"
    assert "Before tick 200" in answer.text


def test_a_room_has_a_place(memory: MemoryStore) -> None:
    answer = answer_question("where is the kitchen", memory)
    assert answer.value["position"] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("where is the piano", None),
        ("which room is the piano in", None),
        ("what colour is the flurble", None),
        ("how many pianos are there", 0),
        ("is there a piano", False),
        ("have you come across any xylophone", False),
        ("is there a mug in the bedroom", False),
        ("is there a red sofa", False),
        ("are there a mug and a piano", False),
        ("is there a garage", False),
        ("is there a gas lamp", False),
        ("where is the piano bench", None),
        ("what is near the piano", None),
        ("what is on the piano", None),
        ("which object is closest to the piano", None),
        ("what is the biggest piano", None),
        ("where is the book on the piano", None),
        ("what is in the garage", None),
        ("how many chairs are in the garage", 0),
        ("when did you last see the piano", None),
        ("list all pianos", []),
    ],
)
def test_what_was_not_seen_is_never_certain(memory: MemoryStore, text: str, value: object) -> None:
    answer = answer_question(text, memory)
    assert (answer.status, answer.certain, answer.value) == ("unseen", False, value)
    assert answer.objects == () and answer.citations == ()


def test_not_having_seen_is_no_proof(memory: MemoryStore) -> None:
    assert "does not prove" in answer_question("is there a piano", memory).text
    assert answer_question("where is the piano", memory).text.startswith("I have not seen a piano.")


def test_what_comes_close_is_mentioned(memory: MemoryStore) -> None:
    assert "grey sofa" in answer_question("is there a red sofa", memory).text
    assert "2 mugs" in answer_question("is there a mug in the bedroom", memory).text
    assert "I keep no record of walls" in answer_question("where is the wall", memory).text
    fewer = store_of([t for t in THINGS if t[0].category != "chair"])
    answer = answer_question("is there a chair", fewer)
    assert (answer.value, answer.certain) == (False, False)
    assert "an office chair" in answer.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("where is the backpack", "backpack-24"),
        ("where is the globe", "globe-26"),
        ("where is the toaster", "toaster-27"),
        ("where is the suitcase", "suitcase-28"),
        ("where is the mgu", "mug-4"),
        ("where did grandma put the red mug", "mug-4"),
        ("where is the red lamp", "table lamp-17"),
        ("where is the ceramic red mug", "mug-4"),
    ],
)
def test_doubtful_places_are_hedged(memory: MemoryStore, text: str, value: str) -> None:
    answer = answer_question(text, memory)
    assert (answer.status, answer.certain) == ("uncertain", False)
    assert answer.value["object"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("how many toasters are there", 1),
        ("how many backpacks are there", 0),
        ("is there a backpack", False),
        ("is there a globe", True),
        ("what colour is the globe", "blue"),
        ("what colour are the chairs", "brown"),
        ("which room is the surfboard in", "room"),
        ("what is near the bed", ["nightstand", "table lamp", "wardrobe"]),
        ("where was the sofa before", None),
    ],
)
def test_doubtful_values_are_hedged(memory: MemoryStore, text: str, value: object) -> None:
    answer = answer_question(text, memory)
    assert (answer.status, answer.certain, answer.value) == ("uncertain", False, value)


def test_a_missing_thing_is_told_with_its_past(memory: MemoryStore) -> None:
    text = answer_question("where is the backpack", memory).text
    assert "until tick 150" in text and "no longer there" in text


def test_missing_things_are_not_near_anything(memory: MemoryStore) -> None:
    assert "backpack" not in answer_question("what is near the printer", memory).value
    assert "backpack" not in answer_question("what is in the office", memory).value


def test_corrections_are_told(memory: MemoryStore) -> None:
    assert 'did you mean "mug"' in answer_question("where is the mgu", memory).text
    assert '"grandma"' in answer_question("where did grandma put the mug", memory).text


def test_confidence_is_a_setting(memory: MemoryStore) -> None:
    daring = AnswerConfig(min_confidence=0.2, min_views=1)
    assert answer_question("where is the globe", memory, config=daring).certain
    assert answer_question("how many toasters", memory, config=daring).certain
    wide = AnswerConfig(near_distance=3.0)
    assert "television" in answer_question("what is near the sofa", memory, config=wide).value


def test_ties_are_hedged(memory: MemoryStore) -> None:
    answer = answer_question("what is the tallest chair in the kitchen", memory)
    assert not answer.certain and "very close" in answer.text


def test_citations_prefer_the_cluster(memory: MemoryStore) -> None:
    (citation,) = answer_question("where is the sofa", memory).citations
    assert (citation.object, citation.tick) == ("sofa-9", 40)
    assert citation.box == (10, 200, 300, 400)
    assert citation.pose is not None and len(citation.pose) == 7
    assert memory.get(citation.snapshot).kind == "snapshot"


def test_citations_fall_back_to_the_largest_view(memory: MemoryStore) -> None:
    (citation,) = answer_question("where is the blue bed", memory).citations
    assert citation.tick == 90


def test_refusals(memory: MemoryStore) -> None:
    for text in ("why is the sofa grey", "", "???", "tell me a joke"):
        answer = answer_question(text, memory)
        assert (answer.kind, answer.status) == ("not_understood", "not_understood")
        assert answer.value is None and "I can tell where" in answer.text


def test_an_empty_memory_answers_honestly() -> None:
    empty = MemoryStore()
    for text in ("where is the sofa", "what is near the bed", "what is the biggest object",
                 "how many objects are there", "list the rooms", "what is in the kitchen",
                 "what have you seen", "is there anything on the desk"):  # fmt: skip
        answer = answer_question(text, empty)
        assert (answer.status, answer.certain) == ("unseen", False), text


def test_answers_are_json(memory: MemoryStore) -> None:
    for text, *_ in (*EXACT, *CHOSEN):
        answer = answer_question(text, memory)
        assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer


def test_the_order_of_records_does_not_matter(memory: MemoryStore) -> None:
    mirrored = store_of(list(reversed(THINGS)))
    for text, *_ in (*EXACT, *CHOSEN):
        there, here = answer_question(text, memory), answer_question(text, mirrored)
        assert (here.value, here.text, here.objects) == (there.value, there.text, there.objects)
