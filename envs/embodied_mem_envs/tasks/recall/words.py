"""In which words things are asked for."""

from collections.abc import Mapping
from typing import Final

ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")

WHICH: Final[Mapping[str, tuple[str, ...]]] = {
    "nth": ("the {nth} thing that you carried", "the {nth} thing that you moved"),
    "nth_in_visit": ("the {nth} thing that you carried in the {visit} visit",),
    "last": ("the last thing that you carried", "the thing that you carried last"),
    "last_in_visit": (
        "the last thing that you carried during the {visit} visit",
        "the thing that you carried last in the {visit} visit",
    ),
    "after": (
        "the thing that you carried right after the {other}",
        "the next thing that you carried after the {other}",
    ),
    "before": (
        "the thing that you carried right before the {other}",
        "the thing that you carried just before the {other}",
    ),
    "longest": (
        "the thing that you held for the longest time",
        "the thing that you had in your hand the longest",
    ),
    "shortest": ("the thing that you held for the shortest time",),
    "farthest": ("the thing that you carried farthest", "the thing that you moved the farthest"),
    "least": ("the thing that you carried the least far",),
    "from_room": ("the thing that you took from the {room}",),
    "from_on": (
        "the thing that you took from the {on}",
        "the thing that you removed from the {on}",
    ),
    "to_room": (
        "the thing that you brought to the {room}",
        "the thing that you left in the {room}",
    ),
    "to_on": ("the thing that you put on the {on}", "the thing that you set down on the {on}"),
    "coloured": ("the {colour} thing that you carried",),
    "named": ("the {thing}",),
}
"""How a carry is singled out."""

CARRY: Final[Mapping[str, tuple[str, ...]]] = {
    "now": ("Go to {which}.", "Where is {which} now?", "Show me where {which} is."),
    "source": (
        "Where did you take {which} from?",
        "Go to where {which} was before you carried it.",
    ),
    "target": ("Where did you put {which}?", "Go to the place where you set down {which}."),
    "what": ("What was {which}?", "Which object was {which}?", "Name {which}."),
    "colour": ("What colour is {which}?", "What colour has {which}?"),
    "source_room": (
        "In which room was {which} before you carried it?",
        "From which room did you take {which}?",
    ),
    "target_room": (
        "Into which room did you bring {which}?",
        "To which room did you take {which}?",
    ),
    "source_on": (
        "On what did {which} stand before you carried it?",
        "From what did you lift {which}?",
    ),
    "target_on": ("On what did you put {which}?", "On what did you set down {which}?"),
    "visit": ("In which visit did you carry {which}?", "During which visit did you carry {which}?"),
}
"""What is asked of a carry."""

ROOM_WHICH: Final[Mapping[str, tuple[str, ...]]] = {
    "room_nth": (
        "the {nth} room that you entered in the {visit} visit",
        "the {nth} room that you were in during the {visit} visit",
    ),
    "room_last": ("the last room that you were in during the {visit} visit",),
    "room_after": ("the room that you entered right after the {room} in the {visit} visit",),
    "room_before": (
        "the room that you were in right before the {room} in the {visit} visit",
        "the room that you were in just before the {room} in the {visit} visit",
    ),
    "room_most": (
        "the room in which you spent the most time in the {visit} visit",
        "the room in which you stayed the longest time in the {visit} visit",
    ),
    "room_least": ("the room in which you spent the least time in the {visit} visit",),
    "room_longest_ago": (
        "the room that you have not been in for the longest time",
        "the room that you have not entered for the longest time",
    ),
}
ROOM: Final[Mapping[str, tuple[str, ...]]] = {
    "go": ("Go to {which}.", "Show me {which}."),
    "name": ("Which room was {which}?", "Name {which}."),
}

NEAREST: Final = (
    "Which of the things that you carried is now nearest to the {anchor}?",
    "Go to the one of the things that you carried that is nearest to the {anchor}.",
)
FARTHEST: Final = (
    "Which of the things that you carried is now farthest from the {anchor}?",
    "Go to the one of the things that you carried that is farthest from the {anchor}.",
)
NEAREST_KIND: Final = (
    "Go to {use} that is nearest to where you put {which}.",
    "Find {use} that is nearest to where you put {which}.",
)
USES: Final[Mapping[str, tuple[str, ...]]] = {
    "something to sit on": ("chair", "office chair", "sofa", "armchair", "bench"),
    "something to put a plate on": (
        *("dining table", "coffee table", "kitchen counter", "sideboard", "desk"),
        *("console table", "nightstand"),
    ),
    "something to wash hands in": ("sink", "washbasin"),
    "something that gives light": ("floor lamp", "table lamp", "desk lamp", "candle"),
    "something to keep clothes in": ("wardrobe", "dresser"),
}
"""What categories are good for."""

ALL_NOW: Final = ("Go to all things that you carried{visit}, in that order.",)
ALL_SOURCES: Final = ("Go to all places from which you took things{visit}, in the same order.",)
ALL_TARGETS: Final = ("Go to all places where you put things{visit}, in that order.",)
IN_VISIT: Final = " in the {visit} visit"
ROOMS_AFTER: Final = (
    "Go to each room that you entered after the {room} in the {visit} visit, in that order.",
    "Visit every room that you entered after the {room} in the {visit} visit, in that order.",
)
ROOMS_WHILE: Final = (
    "Go to each room that you were in while you carried {which}, in that order.",
    "Visit every room that you were in while you carried {which}, in that order.",
)
COUNT: Final = (
    "How many things did you carry in the {visit} visit?",
    "How many things did you carry during the {visit} visit?",
)
COUNT_ALL: Final = ("How many things did you carry altogether?", "How many things did you carry?")
COUNT_ROOMS: Final = ("How many different rooms did you enter?", "How many rooms did you see?")
EARLIER: Final = ("Did you carry the {first} before the {second}?",)
MOVED: Final = (
    "Did somebody else move the {thing} before the {visit} visit?",
    "Did anybody else move the {thing} before the {visit} visit?",
)
WHERE_IN_VISIT: Final = (
    "Where was the {thing} in the {visit} visit?",
    "Go to where the {thing} was during the {visit} visit.",
)
