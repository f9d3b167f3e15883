"""From a reading to the frame: who plays which part in what is to be done."""

from collections.abc import Callable, Iterable
from typing import Any

from embodied_mem.brain.instruction import Action, Reference
from embodied_mem.brain.language.instructions.actions import colours_by_bin
from embodied_mem.brain.language.instructions.nouns import Phrase
from embodied_mem.brain.language.instructions.piles import pile_of
from embodied_mem.brain.language.instructions.reading import ASIDE, LOCATIONS, Part, Reading
from embodied_mem.errors import InstructionError

EVERYTHING = Reference(every=True)
Fields = dict[str, Any]


def fields_of(action: Action, reading: Reading) -> Fields:
    """Returns the fields of the frame but for its text and action.

    Raises:
        InstructionError: If something is missing that the action needs.
    """
    fields = _BUILDERS[action](reading)
    if reading.has("leave_open") or _stays_open(reading):
        fields["shut"] = False
    return fields


def _stays_open(r: Reading) -> bool:
    """Recognises "leave the left drawer open" behind another request."""
    words = r.words
    return any(
        word in ("leave", "keep", "let") and "open" in words[index + 1 :]
        for index, word in enumerate(words)
    ) and r.has("put", "bring", "take")


def _themes(r: Reading, *roles: str) -> tuple[Reference, ...]:
    return r.references(r.things(*(roles or ("",))))


def _needed(themes: tuple[Reference, ...], deed: str) -> tuple[Reference, ...]:
    if not themes:
        raise InstructionError(f"I understand that {deed}, but not what; name the things")
    return themes


def _every(references: Iterable[Reference]) -> tuple[Reference, ...]:
    return tuple(
        Reference(category=r.category, colour=r.colour, fixture=r.fixture, every=not r.fixture)
        for r in references
    )


def _sort(r: Reading) -> Fields:
    if colours_by_bin(r) is not None:
        named = [Phrase(category=p.category, every=True) for p in r.things("")]
        return {"themes": r.references(named), "by": "colour"}
    named = [p for p in r.things("", "of") or r.things("with") if not p.unknown]
    themes = [t for t in r.references(named) if t.category or t.colour or t.every]
    by = r.by or "colour"
    return {"themes": _every(themes) or (EVERYTHING,), "by": by}


def _stack(r: Reading) -> Fields:
    pile = pile_of(r)
    if len(pile) < 2 and not any(ref.every for ref in _themes(r, "", "of", "with")):
        raise InstructionError(
            "I understand that things are to be stacked, but not what on what; "
            'say it as in "stack the red block on the blue block"'
        )
    return {"themes": pile if len(pile) > 1 else _themes(r, "", "of", "with")}


def _put(r: Reading) -> Fields:
    themes = _needed(_put_themes(r), "something is to be put somewhere")
    _check_one_way(r)
    source, destination, side = _way(r)
    if destination is None and not side:
        destination = _named_holder(r) or (_table(r) if _was_taken_out(r) else None)
    if source == _table(r):
        source = None  # that is where things are
    return {"themes": themes, "source": source, "destination": destination, "side": side}


def _named_holder(r: Reading) -> Reference | None:
    """Returns the holder of "the left drawer is where it belongs", "tidy it up: left drawer"."""
    named = [f for f in r.fixtures("") if r.kind(f) in ("drawer", "bin", "tray")]
    return next(iter(r.references(named)), None)


def _check_one_way(r: Reading) -> None:
    """Refuses what one frame cannot say: several ways at once, and a place between two things."""
    if any(part.role == "between" for part in r.parts):
        raise InstructionError("I cannot put things between others; say beside which")
    goes: set[Reference | None] = set()
    for index, part in enumerate(r.parts):
        before = r.parts[index - 1] if index else None
        if _says_where_to(r, part) and before is not None and before.role == "":
            goes.add(_referred(r, part))
    if len(goes) > 1:
        raise InstructionError("I understand one destination at a time; ask for one after another")


def _says_where_to(r: Reading, part: Part) -> bool:
    """Whether a place is where something goes, not where it is: "the duck on the table goes"."""
    said_first = part.verb == 0 and any(p.verb > 0 and p.role in LOCATIONS for p in r.parts)
    return part.role in LOCATIONS and not said_first


def _put_themes(r: Reading) -> tuple[Reference, ...]:
    return _themes(r, "") or _themes(r, "of", "with")


def _was_taken_out(r: Reading) -> bool:
    return r.has("take") and any(part.role == "from" for part in r.parts)


def _table(r: Reading) -> Reference | None:
    for name, fixture in r.lexicon.fixtures.items():
        if fixture.kind == "table":
            return Reference(fixture=name)
    return None


def _way(r: Reading) -> tuple[Reference | None, Reference | None, str]:
    """Returns where from, where to, and on which side of that.

    Of several places the last is where it goes; one before it tells where the thing is:
    "put the block in the red bin on the tray".
    """
    source: Reference | None = None
    places: list[tuple[Reference, str]] = []
    for part in r.parts:
        reference = _referred(r, part)
        if reference is None:
            continue
        if part.role == "from":
            source = reference
        elif _says_where_to(r, part):
            places.append((reference, ""))
        elif part.role in LOCATIONS:
            source = source or reference
        elif part.role in ASIDE:
            places.append((reference, ASIDE[part.role]))
    if len(places) > 1 and source is None and places[0][0].fixture:
        source = places[0][0]
    if not places:
        return source, None, r.side
    destination, side = places[-1]
    return (None if source == destination else source), destination, side


def _referred(r: Reading, part: Part) -> Reference | None:
    phrase = part.antecedent or part.phrase
    if phrase.pronoun:
        return None
    return next(iter(phrase.references(r.lexicon)), None)


def _bring(r: Reading) -> Fields:
    themes = _needed(_themes(r, "") or _themes(r, "of", "with"), "something is to be brought")
    source = None
    for part in r.parts:
        reference = _referred(r, part)
        on_tray = r.kind(part.antecedent or part.phrase) == "tray"
        if part.role in ("from", "in", "on") and reference is not None and not on_tray:
            source = reference
    if source is None:
        opened = [f for f in r.fixtures("") if r.kind(f) == "drawer"]
        source = next(iter(r.references(opened)), None)
    if source is not None and (not source.fixture or source == _table(r)):
        source = None  # "the drawer", "the table": that narrows nothing down
    return {"themes": themes, "source": source}


def _restore(r: Reading) -> Fields:
    named = [
        part.phrase
        for part in r.parts
        if part.role in ("", "of") and not part.phrase.pronoun and _is_particular(part.phrase)
    ]
    return {"themes": r.references(named) or (EVERYTHING,), "time": r.time or "before"}


def _is_particular(phrase: Phrase) -> bool:
    return bool(phrase.category or phrase.colour) and not phrase.fixture


def _set(r: Reading) -> Fields:
    named = [p for p in r.things("", "with") if _is_particular(p)]
    return {"themes": r.references(named), "time": "last_time"}


def _swap(r: Reading) -> Fields:
    things = r.things("", "with", "of", "to", "between", "on")
    themes = r.references([phrase for phrase in things if not phrase.unknown] or things)
    particular = _named_twice([t for t in themes if t.category or t.colour])
    if len(particular) != 2 and not any(t.every for t in particular):
        raise InstructionError(
            f"I understand that two things are to be swapped, but found {len(particular)}; "
            'say it as in "swap the red block and the green can"'
        )
    return {"themes": tuple(sorted(particular, key=lambda t: (t.category, t.colour)))}


def _named_twice(themes: list[Reference]) -> list[Reference]:
    """Leaves out what was named again without its colour: "the red car ... where the car was"."""
    return [
        theme
        for theme in themes
        if theme.colour or not any(t.colour and t.category == theme.category for t in themes)
    ]


def _count(r: Reading) -> Fields:
    things = r.things("", "of")
    known = [phrase for phrase in things if not phrase.unknown] or things
    themes = _merged(_every(r.references(known)))
    kinds = [f for f in r.fixtures("") if r.kind(f) not in ("", "zone")]
    place = [ref for ref in (_referred(r, p) for p in r.parts if _is_place(r, p)) if ref]
    source = place[0] if len(set(place)) == 1 and not r.total else None
    if not themes and kinds:
        return {"themes": _kinds_of(kinds), "source": source}
    return {"themes": themes or (EVERYTHING,), "source": source}


def _merged(themes: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """Reads "how many things on the table are red": the colour comes last.

    And "the blue blocks, the ones in drawers too", where the colour is not said again.
    """
    if len(themes) != 2:
        return themes
    if themes[0].colour:
        again = themes[1].category in ("", themes[0].category) and not themes[1].colour
        return themes[:1] if again else themes
    if themes[1].category in ("", themes[0].category):
        return (Reference(category=themes[0].category, colour=themes[1].colour, every=True),)
    return themes


def _kinds_of(phrases: list[Phrase]) -> tuple[Reference, ...]:
    return tuple(Reference(category=p.fixture, colour=p.colour, every=True) for p in phrases)


def _is_place(r: Reading, part: Part) -> bool:
    return part.role in ("in", "on", "over") and bool((part.antecedent or part.phrase).fixture)


def _clear(r: Reading) -> Fields:
    zones = [f for f in r.fixtures() if r.kind(f) == "zone"] or r.fixtures()
    if not zones:
        zones = [Phrase(fixture=n) for n, f in r.lexicon.fixtures.items() if f.kind == "zone"]
    return {"themes": _needed(r.references(zones), "something is to be cleared")[:1]}


def _wipe(r: Reading) -> Fields:
    return {"themes": _needed(r.references(r.fixtures()), "something is to be wiped")[:1]}


def _push(r: Reading) -> Fields:
    themes = _needed(_themes(r, ""), "something is to be pushed")
    source, destination, side = _way(r)
    return {"themes": themes, "source": source, "destination": destination, "side": side}


def _pour(r: Reading) -> Fields:
    origin = _themes(r, "from", "of")
    named = origin or _themes(r, "") or _themes(r, "in")[:1]
    themes = _needed(named, "something is to be poured")
    places = [ref for ref in (_referred(r, p) for p in r.parts if p.role in LOCATIONS) if ref]
    return {"themes": origin or themes, "destination": places[-1] if places else None}


def _drawer(deed: str) -> Callable[[Reading], Fields]:
    def build(r: Reading) -> Fields:
        return {"themes": _needed(r.references(r.fixtures()), f"something is to be {deed}")}

    return build


def _hand_over(r: Reading) -> Fields:
    return {"themes": _needed(_themes(r, ""), "something is to be handed over")}


def _look(r: Reading) -> Fields:
    things = [p for p in r.things("") if _is_particular(p)]
    if things:
        return {"themes": r.references(things)}
    fixtures = [f for f in r.fixtures() if not f.pronoun]
    return {"themes": r.references(fixtures) or _themes(r, "in", "on", "over", "to")}


_BUILDERS: dict[Action, Callable[[Reading], Fields]] = {
    "sort": _sort,
    "stack": _stack,
    "put": _put,
    "bring": _bring,
    "restore": _restore,
    "swap": _swap,
    "count": _count,
    "clear": _clear,
    "set": _set,
    "push": _push,
    "open": _drawer("opened"),
    "close": _drawer("closed"),
    "pour": _pour,
    "wipe": _wipe,
    "hand_over": _hand_over,
    "look": _look,
}
