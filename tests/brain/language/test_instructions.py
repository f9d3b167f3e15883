"""What instructions are taken to ask for, over some three hundred ways to put them."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.instruction import Instruction, Reference
from embodied_mem.brain.language.instructions import (
    EXAMPLES,
    instruction_words,
    parse_instruction,
)
from embodied_mem.brain.language.instructions.words import FixtureName, phrases
from embodied_mem.brain.language.normalise import sentences
from embodied_mem.errors import InstructionError
from symbolic_table import cell

WORDS = instruction_words(cell())
SAID = [
    tuple(part.strip() for part in line.split("|"))
    for line in (Path(__file__).parent / "instructions.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]


def _short(reference: Reference | None) -> str:
    if reference is None:
        return "-"
    if reference.fixture:
        return f"#{reference.fixture}"
    noun = f"{reference.colour} {reference.category or 'thing'}".strip()
    return f"*{noun}" if reference.every else noun


def frame(instruction: Instruction) -> str:
    """Writes a frame in the short form of `instructions.txt`."""
    about = ", ".join(map(_short, instruction.themes))
    words = [
        f"{instruction.action}({about})",
        f"to={_short(instruction.destination)}",
        f"from={_short(instruction.source)}",
        instruction.by,
        instruction.time,
        instruction.side,
        "" if instruction.shut else "OPEN",
    ]
    return " ".join(word for word in words if word)


@pytest.mark.parametrize(("asked", "text"), SAID, ids=[text for _, text in SAID])
def test_is_understood(asked: str, text: str) -> None:
    assert frame(parse_instruction(text, WORDS)) == asked


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, lambda t: f"Hello! {t}", lambda t: t.replace(" ", "  ")]
)
def test_form_does_not_matter(change) -> None:  # type: ignore[no-untyped-def]
    for asked, text in SAID:
        assert frame(parse_instruction(change(text), WORDS)) == asked, text


def test_politeness_does_not_matter() -> None:
    for _, text in SAID:
        if text.startswith(("Put ", "Stack ", "Clear ", "Sort ", "Bring ", "Open ")):
            plain = frame(parse_instruction(text, WORDS))
            asked = f"Could you please {text[0].lower()}{text[1:].rstrip('.')}, thank you?"
            assert frame(parse_instruction(asked, WORDS)) == plain, asked


def test_the_text_is_kept() -> None:
    assert parse_instruction("Clear the lane!", WORDS).text == "Clear the lane!"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Where does the mug go?", "is a question"),
        ("Is the mug in the left drawer?", "is a question"),
        ("What's on the table?", "is a question"),
        ("Which drawer is the mug in?", "is a question"),
        ("Where did you see the duck?", "is a question"),
        ("Did you close the drawer?", "is a question"),
        ("How do I open the drawer?", "is a question"),
        ("Have you seen the duck?", "is a question"),
        ("Who moved the mug?", "is a question"),
        ("The sky is nice", "do not understand"),
        ("The mug is in the left drawer.", "do not understand"),
        ("Dance", "do not understand"),
        ("Hello there", "do not understand"),
        ("", "no instruction"),
        ("...", "no instruction"),
        ("Put", "not what"),
        ("Open", "not what"),
        ("Swap the red block", "found 1"),
        ("Stack the red block", "not what on what"),
        ("Move the lemon between the apple and the pear", "between"),
        ("Put the red can in the green bin and the blue can in the blue bin", "one destination"),
    ],
)
def test_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(InstructionError, match=says):
        parse_instruction(text, WORDS)


def test_a_refusal_says_what_is_understood() -> None:
    with pytest.raises(InstructionError, match="Sort the blocks by colour into the bins"):
        parse_instruction("Where does the mug go?", WORDS)


def test_all_examples_are_understood_and_cover_every_action() -> None:
    actions = {parse_instruction(text, WORDS).action for text in EXAMPLES}
    assert actions == set(Instruction.__annotations__["action"].__args__)


def test_kinds_of_things_that_the_asset_does_not_list() -> None:
    words = instruction_words(cell(), ["spark plug"])
    parsed = parse_instruction("Bring me the blue spark plugs", words)
    assert parsed.themes == (Reference(category="spark plug", colour="blue", every=True),)


def test_other_fixtures_are_known_by_their_ids() -> None:
    shelf = FixtureName("bin", "")
    fixtures = {"upper_shelf": shelf, "lower_shelf": shelf}
    words = instruction_words(fixtures)
    parsed = parse_instruction("Put the mug on the upper shelf", words)
    assert parsed.destination == Reference(fixture="upper_shelf")


WORDS_SAID = sorted({word for _, text in SAID for word in text.split()})


@given(st.lists(st.sampled_from(WORDS_SAID), max_size=14))
@settings(max_examples=400, deadline=None)
def test_any_words_are_understood_or_refused(words: list[str]) -> None:
    _understood_or_refused(" ".join(words))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_understood_or_refused(text: str) -> None:
    _understood_or_refused(text)


def _understood_or_refused(text: str) -> None:
    try:
        parsed = parse_instruction(text, WORDS)
    except InstructionError as error:
        assert str(error)
        return
    assert parsed == parse_instruction(text, WORDS)
    assert msgspec.json.decode(msgspec.json.encode(parsed), type=Instruction) == parsed


def test_the_phrases_of_the_asset_can_be_said() -> None:
    asset = phrases()
    for table in (asset.verbs, asset.times, asset.by, asset.prepositions, asset.categories):
        for group in table.values():
            for phrase in group:
                assert sentences(phrase) == (tuple(phrase.split(" ")),)
