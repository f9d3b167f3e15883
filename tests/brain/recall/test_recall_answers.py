"""Questions about the past are read and answered from a history that is plain to see."""

import pytest

from embodied_mem.brain.recall import Carry, History, Stay, Thing, answer_recall
from embodied_mem.brain.recall.questions import read_question


def thing(
    category: str, x: float, y: float = 0.0, room: str = "kitchen", colour: str = "red"
) -> Thing:
    low, high = (x, y, 0.5), (x + 0.2, y + 0.2, 0.7)
    return Thing(category=category, colour=colour, low=low, high=high, room=room)


TABLE = thing("dining table", 9.0, room="dining room")
STOVE = thing("stove", 0.0)
HISTORY = History(
    carries=(
        Carry(
            visit=0,
            picked=10,
            placed=20,
            source=thing("mug", 0.0),
            target=thing("mug", 9.0, room="dining room"),
            source_on=STOVE,
            target_on=TABLE,
        ),
        Carry(
            visit=0,
            picked=30,
            placed=33,
            source=thing("book", 5.0, room="office", colour="blue"),
            target=thing("book", 6.0, room="office", colour="blue"),
            source_on=None,
            target_on=None,
        ),
        Carry(
            visit=1,
            picked=50,
            placed=65,
            source=thing("globe", 2.0, room="office", colour="green"),
            target=thing("globe", 5.0, room="hallway", colour="green"),
            source_on=None,
            target_on=None,
        ),
    ),
    stays=(
        Stay(room="kitchen", place="p1", visit=0, start=0, end=12, point=(0.0, 0.0)),
        Stay(room="hallway", place="p2", visit=0, start=13, end=15, point=(3.0, 0.0)),
        Stay(room="dining room", place="p3", visit=0, start=16, end=29, point=(8.0, 0.0)),
        Stay(room="office", place="p4", visit=0, start=30, end=40, point=(5.0, 0.0)),
        Stay(room="office", place="p4", visit=1, start=41, end=55, point=(5.1, 0.0)),
        Stay(room="hallway", place="p2", visit=1, start=56, end=70, point=(3.1, 0.0)),
    ),
    things=(
        TABLE,
        STOVE,
        thing("mug", 9.0, room="dining room"),
        thing("book", 12.0, room="attic", colour="blue"),
        thing("globe", 5.0, room="hallway", colour="green"),
        thing("chair", 8.0, room="dining room"),
        thing("sofa", 3.0, room="hallway"),
    ),
    earlier={0: (thing("vase", 1.0), thing("globe", 2.0)), 1: (thing("vase", 4.0),)},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("What was the first thing that you carried?", "mug"),
        ("Name the thing that you carried last.", "globe"),
        ("Which object was the second thing that you carried?", "book"),
        ("What was the first thing that you carried in the second visit?", "globe"),
        ("What was the thing that you carried right after the mug?", "book"),
        ("What was the thing that you carried just before the globe?", "book"),
        ("What was the thing that you held for the longest time?", "globe"),
        ("What was the thing that you held for the shortest time?", "book"),
        ("What was the thing that you carried farthest?", "mug"),
        ("What was the thing that you carried the least far?", "book"),
        ("What was the thing that you took from the stove?", "mug"),
        ("What was the thing that you brought to the hallway?", "globe"),
        ("What was the thing that you put on the dining table?", "mug"),
        ("What was the green thing that you carried?", "globe"),
        ("What colour is the book?", "blue"),
        ("In which room was the mug before you carried it?", "kitchen"),
        ("Into which room did you bring the globe?", "hallway"),
        ("On what did the mug stand before you carried it?", "stove"),
        ("On what did you put the mug?", "dining table"),
        ("During which visit did you carry the globe?", 2),
        ("Which room was the first room that you entered in the first visit?", "kitchen"),
        ("Which room was the last room that you were in during the second visit?", "hallway"),
        (
            "Which room was the room that you entered right after the hallway in the first visit?",
            "dining room",
        ),
        (
            "Name the room in which you spent the most time in the first visit.",
            "dining room",
        ),
        ("Which room was the room that you have not been in for the longest time?", "kitchen"),
        ("How many things did you carry in the first visit?", 2),
        ("How many things did you carry altogether?", 3),
        ("How many different rooms did you enter?", 4),
        ("Did you carry the mug before the globe?", True),
        ("Did you carry the globe before the book?", False),
        ("Did somebody else move the vase before the second visit?", True),
        ("Which of the things that you carried is now nearest to the stove?", "globe"),
        ("Which of the things that you carried is now farthest from the stove?", "book"),
    ],
)
def test_words(text: str, value: object) -> None:
    answer = answer_recall(text, HISTORY)
    assert answer.value == value, answer.text


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Where is the first thing that you carried now?", [9.1]),
        ("Go to the book.", [12.1]),  # somebody moved it after it was set down
        ("Where did you take the mug from?", [0.1]),
        ("Go to the place where you set down the globe.", [5.1]),
        ("Go to where the globe was before you carried it.", [2.1]),
        ("Where was the vase in the first visit?", [1.1]),
        ("Go to something to sit on that is nearest to where you put the mug.", [8.1]),
        ("Go to all things that you carried in the first visit, in that order.", [9.1, 12.1]),
        (
            "Go to all places from which you took things in the first visit, in that order.",
            [0.1, 5.1],
        ),
        (
            "Go to each room that you entered after the kitchen in the first visit, in that order.",
            [3.0, 8.0, 5.0],
        ),
        (
            "Visit every room that you were in while you carried the mug, in that order.",
            [0.0, 3.0, 8.0],
        ),
    ],
)
def test_places(text: str, places: list[float]) -> None:
    answer = answer_recall(text, HISTORY)
    assert [round(place[0], 3) for place in answer.places] == places


def test_nothing_is_made_up() -> None:
    for text in (
        "Where did you put the piano?",
        "What was the ninth thing that you carried?",
        "What was the third thing that you carried in the first visit?",
        "What was the thing that you carried right after the globe?",
        "Where was the sofa in the eighth visit?",
    ):
        answer = answer_recall(text, HISTORY)
        assert answer.value is None and not answer.places, text
    assert answer_recall("What is the meaning of it all?", HISTORY).status == "not_understood"
    assert answer_recall("What was the first thing that you carried?", History()).value is None


def test_courtesy_changes_nothing() -> None:
    plain = read_question("Where did you put the mug?")
    assert plain is not None
    assert read_question("Robot, could you tell me where did you put the mug?") == plain
