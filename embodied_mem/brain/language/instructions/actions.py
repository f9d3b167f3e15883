"""What is to be done: the verb that counts, of all that a request says."""

from collections.abc import Callable

from embodied_mem.brain.instruction import Action
from embodied_mem.brain.language.instructions.reading import ASIDE, LOCATIONS, Reading

_SHIFTS = ("mov", "shift", "relocat", "aside", "away", "elsewhere", "somewhere", "go", "out")
"""Beginnings of words that say that something leaves where it is."""
_NONE = frozenset({"nothing", "anything"})
_MOVES = ("put", "take", "bring", "push", "restore", "want", "find")


def action_of(reading: Reading) -> Action | None:
    """Returns what is asked for; the first rule that fits decides. None where none does."""
    return next((action for action, fits in _RULES if fits(reading)), None)


def _sorts(r: Reading) -> bool:
    if r.has("sort"):
        return not r.time or bool(r.by)
    bins = [p for p in r.parts if p.role in LOCATIONS and r.kind(p.phrase) == "bin"]
    by_belonging = bool(r.by) and any("belong" in text for text in r.words)
    if "match" in r.words and any(r.kind(f) == "bin" for f in r.fixtures()):
        return True
    if r.verbs and not r.has("put", "take", "bring", "arrange", "want", "push"):
        return False
    if by_belonging or colours_by_bin(r) is not None:
        return True
    if r.time or not bins:
        return False
    # Where many things go into "the bins" or "a bin", the colour must say which.
    open_choice = any(len(p.phrase.fixture_ids(r.lexicon)) > 1 for p in bins)
    several = any(phrase.every or phrase.plural for phrase in r.things(""))
    return bool(r.by) or (open_choice and several)


def colours_by_bin(r: Reading) -> list[str] | None:
    """Returns the colours of "red blocks go in the red bin, green ones in the green bin"."""
    things = [p for p in r.parts if p.role == "" and p.phrase.colour and not p.phrase.fixture]
    bins = [p for p in r.parts if p.role in LOCATIONS and r.kind(p.phrase) == "bin"]
    colours = [part.phrase.colour for part in things]
    if len(colours) < 2 or colours != [part.phrase.colour for part in bins]:
        return None
    return colours


def _counts(r: Reading) -> bool:
    return r.has("count")


def _swaps(r: Reading) -> bool:
    """Whether things change places, also as in "put a where b is, and b where a is"."""
    both_ways = ("versa", "other way", "one another", "each other s")
    crossed = r.words.count("where") > 1 or any(
        cue in text for text in r.words for cue in both_ways
    )
    return r.has("swap") or _crosses(r) or (crossed and len(set(r.things("", "of", "with"))) == 2)


def _crosses(r: Reading) -> bool:
    """Whether it says "a to the spot of b, and b to where a was"."""
    named = [p.category for p in r.things("", "of", "to", "with") if p.category and not p.unknown]
    return len(named) == 4 and named[0] == named[3] != named[1] == named[2]


def _pours(r: Reading) -> bool:
    empties = r.has("empty") and any(r.things("")) and bool(r.things("in", "over", "on"))
    return r.has("pour") or empties or (r.has("empty") and bool(r.things("")) and not _zones(r))


def _zones(r: Reading) -> list[object]:
    return [phrase for phrase in r.fixtures() if r.kind(phrase) == "zone"]


def _clears(r: Reading) -> bool:
    zones = [p for p in r.parts if r.kind(p.antecedent or p.phrase) == "zone"]
    if r.has("clear", "empty"):
        return bool(zones) or not r.named
    elsewhere = [
        p for p in r.parts if p.role in LOCATIONS and r.kind(p.phrase) in ("drawer", "bin", "tray")
    ]
    if not zones or elsewhere or r.named or r.has("wipe", "look", "find", "open", "close"):
        return False
    if _NONE & set(r.words) or any(p.role == "from" or p.role in ASIDE for p in zones):
        return True
    if any(p.towards or p.role == "to" for p in zones):
        return False
    shifts = any(text.startswith(_SHIFTS) for text in r.words)
    return shifts or bool(r.side) or not r.has("put", "lay", "set")


def _sets(r: Reading) -> bool:
    on_table = [p for p in r.parts if p.role == "" and r.kind(p.phrase) == "table"]
    if not on_table:
        return False
    return r.has("set", "lay") or (r.has("arrange", "build", "want") and r.time == "last_time")


def _restores(r: Reading) -> bool:
    to_fixture = any(
        part.role in LOCATIONS and r.kind(part.phrase) in ("drawer", "bin", "tray")
        for part in r.parts
    )
    if r.has("arrange") and any(r.kind(f) in ("drawer", "bin", "tray") for f in r.fixtures()):
        return False  # "tidy up the duck: left drawer"
    if to_fixture or (r.has("bring", "want") and r.for_person):
        return False
    if r.has("restore", "arrange"):
        return r.has("restore") or bool(r.time) or not _places(r)
    if r.has("want") and len(r.verbs) == 1 and r.words.count("back") == len(r.times):
        return False  # "I want my mug back"
    if r.time and not r.verbs:
        return True  # "everything as it was before"
    return bool(r.time) and r.has("put", "lay", "set", "build", "look", "sort", *_MOVES)


def _hands_over(r: Reading) -> bool:
    if any(text.endswith(("my hand", "my hands", "my palm")) for text in r.words):
        return True
    handed = next((i for i, word in enumerate(r.words) if word in ("hand", "handed")), None)
    return r.has("hand_over") or (
        handed is not None and any(word.startswith("over") for word in r.words[handed:])
    )


def _stacks(r: Reading) -> bool:
    if r.pile and not r.verbs:
        return True  # "a tower, please: ..."
    if r.has("stack") or (r.pile and r.has("build", "put", "bring", "want", "set", "arrange")):
        return True
    onto = [p for p in r.parts if p.role in ("on", "over") and _is_thing(p.phrase, p.antecedent)]
    under = [p for p in r.parts if p.role == "under" and _is_thing(p.phrase, p.antecedent)]
    single = all(not (p.every or p.plural) for p in r.things(""))
    moves = not r.verbs or r.has("put", "lay", "set", "take", "want", "build")
    moves = moves or (r.has("bring") and not r.for_person)
    return moves and single and bool(onto or under)


def _is_thing(phrase: object, antecedent: object) -> bool:
    meant = antecedent or phrase
    return not getattr(meant, "fixture", "") and not getattr(meant, "pronoun", False)


def _wipes(r: Reading) -> bool:
    return r.has("wipe")


def _places(r: Reading, verb: str = "") -> bool:
    """Whether it says where something goes; with a verb, only what is said after that counts."""
    from_here = r.verbs.index(verb) + 1 if verb in r.verbs else 0
    return any(
        (p.role in LOCATIONS or p.role in ASIDE)
        and p.verb >= from_here
        and not (p.role in ("to", "on") and r.kind(p.phrase) == "tray" and r.has("bring"))
        for p in r.parts
    ) or bool(r.side)


def _brings(r: Reading) -> bool:
    if not r.verbs and not _places(r):
        return True  # "the mug, please"
    if r.has("bring") and (r.for_person or not _places(r, "bring") or _is_source(r)):
        return True
    if r.has("find") and r.has("want") and not _places(r):
        return True  # "I need the mug; it is not where I put it, find it"
    if r.has("take", "find", "want") and r.for_person and not r.has("put", "open", "close"):
        return True
    return (
        r.has("want", "take")
        and not _places(r)
        and not _taken_out(r)
        and not r.has("put", "open", "close", "push")
    )


def _is_source(r: Reading) -> bool:
    """Whether the only place that was said is where the thing is, as after "that is in"."""
    places = [p for p in r.parts if p.role in LOCATIONS]
    return (
        bool(places)
        and all(p.role in ("in", "on") for p in places)
        and ("that" in r.words or "which" in r.words)
    )


def _taken_out(r: Reading) -> bool:
    return r.has("take") and any(part.role == "from" for part in r.parts)


def _puts(r: Reading) -> bool:
    if not r.verbs:
        return _places(r) and bool(r.things("", "with"))  # "the duck into the left drawer, please"
    return r.has(
        "put", "lay", "set", "bring", "take", "want", "arrange", "sort"
    ) and not _moves_only_drawers(r)


def _moves_only_drawers(r: Reading) -> bool:
    things = [p for p in r.parts if p.role == "" and not p.phrase.fixture]
    return not things and r.has("open", "close", "look")


def _puts_somewhere(r: Reading) -> bool:
    """Whether something goes somewhere although no verb says so: "close the drawer on the duck"."""
    goes = [p for p in r.parts if p.role in LOCATIONS and (p.antecedent or p.phrase).fixture]
    return bool(r.named) and bool(goes) and not r.has("look", "find")


def _pushes(r: Reading) -> bool:
    return r.has("push") and not r.has("close", "open")


def _looks(r: Reading) -> bool:
    return r.has("look", "find")


def _opens(r: Reading) -> bool:
    return r.has("open")


def _closes(r: Reading) -> bool:
    return r.has("close")


_RULES: tuple[tuple[Action, Callable[[Reading], bool]], ...] = (
    ("count", _counts),
    ("sort", _sorts),
    ("swap", _swaps),
    ("pour", _pours),
    ("wipe", _wipes),
    ("clear", _clears),
    ("set", _sets),
    ("restore", _restores),
    ("hand_over", _hands_over),
    ("stack", _stacks),
    ("bring", _brings),
    ("put", _puts),
    ("push", _pushes),
    ("put", _puts_somewhere),
    ("look", _looks),
    ("open", _opens),
    ("close", _closes),
)
