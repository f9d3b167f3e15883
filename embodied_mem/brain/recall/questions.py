"""Understands requests and questions about what the robot did."""

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

Aspect = Literal[
    "now",
    "source",
    "target",
    "what",
    "colour",
    "source_room",
    "target_room",
    "source_on",
    "target_on",
    "visit",
]
"""What is asked of one carry."""
Form = Literal[
    "carry",
    "room_go",
    "room_name",
    "nearest_carried",
    "farthest_carried",
    "nearest_kind",
    "all_now",
    "all_sources",
    "all_targets",
    "rooms_after",
    "rooms_while",
    "count_carries",
    "count_rooms",
    "earlier_of",
    "moved",
    "where_in_visit",
]

ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Which carry, or which room, is meant. What does not apply is empty."""

    rule: str
    """`first`, `last`, `nth`, `after`, `before`, `longest`, `shortest`, `farthest`, `least`,
    `from_room`, `to_room`, `coloured`, `from_on`, `to_on`, `named`; of rooms also `most_time`,
    `least_time` and `longest_ago`."""
    number: int = 0
    """For `nth`, from 1 on."""
    visit: int | None = None
    """From 0 on; None for all."""
    name: str = ""
    """A thing, a room, a colour or a piece of furniture."""


class RecallQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed question. What does not apply to its form is empty."""

    form: Form
    aspect: Aspect | None = None
    which: Which | None = None
    other: str = ""
    """A second thing, or the kind of what is nearest."""
    visit: int | None = None
    places: bool = False
    """Whether positions are wanted rather than words."""


_ORDINAL: Final = "|".join(ORDINALS)
_VISIT: Final = rf"(?: (?:in|on|during) (?:the|your) (?P<visit>{_ORDINAL}) visit)?"
_ALL: Final = r"(?:go to|show me|point at|visit|drive to|find) "
_CARRIED: Final = r"(?:carried|moved|took along)"

_CARRIES: Final[tuple[tuple[str, str], ...]] = (
    (rf"the (?P<nth>{_ORDINAL}|last) thing that you {_CARRIED}{_VISIT}", "nth"),
    (rf"the thing that you {_CARRIED} (?P<nth>first|last){_VISIT}", "nth"),
    (
        rf"the (?:next )?thing that you {_CARRIED}(?: right)? after the (?P<n>.+)",
        "after",
    ),
    (rf"the thing that you {_CARRIED} (?:right|just) before the (?P<n>.+)", "before"),
    (r"the thing that you (?:held|had in your hand) (?:for )?the longest(?: time)?", "longest"),
    (r"the thing that you (?:held|had in your hand) (?:for )?the shortest(?: time)?", "shortest"),
    (rf"the thing that you {_CARRIED} (?:the )?farthest", "farthest"),
    (rf"the thing that you {_CARRIED} (?:the )?least far", "least"),
    (r"the thing that you (?:took|removed) from the (?P<n>.+)", "from"),
    (r"the thing that you (?:brought to|left in|put in) the (?P<n>.+)", "to_room"),
    (r"the thing that you (?:put|set down) on the (?P<n>.+)", "to_on"),
    (rf"the (?P<n>[a-z]+) thing that you {_CARRIED}", "coloured"),
    (r"the (?P<n>.+)", "named"),
)
_ROOMS: Final[tuple[tuple[str, str], ...]] = (
    (rf"the (?P<nth>{_ORDINAL}|last) room that you (?:entered|were in|came into){_VISIT}", "nth"),
    (
        rf"the room that you (?:entered|came into) right after the (?P<n>[a-z ]+?){_VISIT}",
        "after",
    ),
    (
        rf"the room that you (?:entered|were in) (?:right|just) before the (?P<n>[a-z ]+?){_VISIT}",
        "before",
    ),
    (rf"the room in which you (?:spent|stayed) the (?:most|longest) time{_VISIT}", "most_time"),
    (rf"the room in which you (?:spent|stayed) the (?:least|shortest) time{_VISIT}", "least_time"),
    (r"the room that you have not (?:been in|entered) for the longest time", "longest_ago"),
)
_ASPECTS: Final[tuple[tuple[str, Aspect], ...]] = (
    (rf"{_ALL}(?:where|the place where) (?P<w>.+) (?:was|stood) before you carried it", "source"),
    (r"where did you (?:take|get) (?P<w>.+?) from", "source"),
    (rf"{_ALL}(?:where|the place where) you (?:put|set down) (?P<w>.+)", "target"),
    (r"where did you (?:put|set down|leave) (?P<w>.+)", "target"),
    (
        r"(?:in which room was|from which room did you take) (?P<w>.+?)"
        r"(?: before you carried it)?",
        "source_room",
    ),
    (r"(?:into|to) which room did you (?:bring|take) (?P<w>.+)", "target_room"),
    (r"on what did (?P<w>.+) stand before you carried it", "source_on"),
    (r"from what did you (?:lift|pick up) (?P<w>.+)", "source_on"),
    (r"on what did you (?:put|set down) (?P<w>.+)", "target_on"),
    (r"(?:in|on|during) which visit did you carry (?P<w>.+)", "visit"),
    (r"what colou?r (?:is|has) (?P<w>.+)", "colour"),
    (r"(?:what|which object) was (?P<w>.+)", "what"),
    (r"name (?P<w>.+)", "what"),
    (rf"{_ALL}(?:where )?(?P<w>.+?)(?: is(?: now)?)?", "now"),
    (r"where is (?P<w>.+?)(?: now)?", "now"),
)
_THINGS: Final = r"(?:all|all the) things that you carried"
_ORDERED: Final = r",? in (?:that|the same) order"
_OTHERS: Final[tuple[tuple[str, Form], ...]] = (
    (r"which of the things that you carried is now nearest to the (?P<n>.+)", "nearest_carried"),
    (
        r"which of the things that you carried is now farthest from the (?P<n>.+)",
        "farthest_carried",
    ),
    (
        rf"{_ALL}the one of the things that you carried that is nearest to the (?P<n>.+)",
        "nearest_carried",
    ),
    (
        rf"{_ALL}the one of the things that you carried that is farthest from the (?P<n>.+)",
        "farthest_carried",
    ),
    (
        rf"{_ALL}(?P<kind>something .+|the .+) that is nearest to where you put (?P<w>.+)",
        "nearest_kind",
    ),
    (rf"{_ALL}{_THINGS}{_VISIT}{_ORDERED}", "all_now"),
    (rf"{_ALL}all places from which you took things{_VISIT}{_ORDERED}", "all_sources"),
    (rf"{_ALL}all places where you put things{_VISIT}{_ORDERED}", "all_targets"),
    (
        rf"{_ALL}(?:each|every) room that you entered after the (?P<n>[a-z ]+?){_VISIT}{_ORDERED}",
        "rooms_after",
    ),
    (
        rf"{_ALL}(?:each|every) room that you were in while you carried (?P<w>.+?){_ORDERED}",
        "rooms_while",
    ),
    (rf"how many things did you carry(?: altogether)?{_VISIT}", "count_carries"),
    (rf"how many (?:different )?rooms did you (?:enter|see){_VISIT}", "count_rooms"),
    (r"did you carry the (?P<n>.+) before the (?P<o>.+)", "earlier_of"),
    (
        rf"did (?:somebody|anybody) else move the (?P<n>.+) before the (?P<at>{_ORDINAL}) visit",
        "moved",
    ),
    (
        rf"(?:where was|{_ALL}where) the (?P<n>.+?)(?: was)? (?:in|during) the (?P<at>{_ORDINAL}) "
        r"visit",
        "where_in_visit",
    ),
)


def _compiled(table: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), name) for pattern, name in table)


_OTHER_RULES: Final = _compiled(_OTHERS)
_CARRY_RULES: Final = _compiled(_CARRIES)
_ROOM_RULES: Final = _compiled(_ROOMS)
_ASPECT_RULES: Final = _compiled(_ASPECTS)
_LEAD: Final = re.compile(r"^(please|could you|can you|tell me|robot)[,:]?\s+")


def read_question(text: str) -> RecallQuestion | None:
    """Reads a question or a request; None where no rule fits.

    >>> question = read_question("Where did you put the second thing that you carried?")
    >>> question.aspect, question.which.rule, question.which.number
    ('target', 'nth', 2)
    """
    for sentence in _shorter(text.strip(" .?!").lower()):
        found = _other(sentence) or _of_room(sentence) or _of_carry(sentence)
        if found is not None:
            return found
    return None


def _shorter(sentence: str) -> Iterator[str]:
    yield sentence
    while (less := _LEAD.sub("", sentence, count=1)) != sentence:
        sentence = less
        yield sentence


def _other(sentence: str) -> RecallQuestion | None:
    for pattern, form in _OTHER_RULES:
        found = pattern.fullmatch(sentence)
        if found is None:
            continue
        parts = {name: value for name, value in found.groupdict().items() if value}
        which = _which(_CARRY_RULES, parts["w"]) if "w" in parts else None
        if which is None and "n" in parts:
            which = Which(rule="named", name=parts["n"])
        return RecallQuestion(
            form=form,  # type: ignore[arg-type]
            which=which,
            other=parts.get("o", parts.get("kind", "")),
            visit=_number(parts.get("visit") or parts.get("at")),
            places=re.match(_ALL, sentence) is not None,
        )
    return None


def _of_room(sentence: str) -> RecallQuestion | None:
    for lead, form in ((_ALL, "room_go"), (r"(?:which room was|what was|name) ", "room_name")):
        found = re.match(lead, sentence)
        which = _which(_ROOM_RULES, sentence[found.end() :]) if found is not None else None
        if which is not None:
            return RecallQuestion(form=form, which=which, places=form == "room_go")  # type: ignore[arg-type]
    return None


def _of_carry(sentence: str) -> RecallQuestion | None:
    for pattern, aspect in _ASPECT_RULES:
        found = pattern.fullmatch(sentence)
        which = _which(_CARRY_RULES, found["w"]) if found is not None else None
        if which is not None:
            return RecallQuestion(
                form="carry",
                aspect=aspect,  # type: ignore[arg-type]
                which=which,
                places=aspect in ("now", "source", "target"),
            )
    return None


def _which(rules: tuple[tuple[re.Pattern[str], str], ...], phrase: str) -> Which | None:
    for pattern, rule in rules:
        found = pattern.fullmatch(phrase)
        if found is None:
            continue
        parts = {name: value for name, value in found.groupdict().items() if value}
        visit = _number(parts.get("visit"))
        if rule == "nth":
            if parts["nth"] == "last":
                return Which(rule="last", visit=visit)
            return Which(rule="nth", number=ORDINALS.index(parts["nth"]) + 1, visit=visit)
        return Which(rule=rule, visit=visit, name=parts.get("n", ""))
    return None


def _number(ordinal: str | None) -> int | None:
    return None if ordinal is None else ORDINALS.index(ordinal)
