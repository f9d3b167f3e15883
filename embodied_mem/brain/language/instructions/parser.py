"""Reads an instruction: from text to the frame that planners and the skill pool share."""

from itertools import pairwise

from embodied_mem.brain.instruction import Instruction
from embodied_mem.brain.language.instructions.actions import action_of
from embodied_mem.brain.language.instructions.frames import Fields, fields_of
from embodied_mem.brain.language.instructions.reading import read_tokens
from embodied_mem.brain.language.instructions.tagging import Token, tokens_of
from embodied_mem.brain.language.instructions.words import InstructionWords
from embodied_mem.brain.language.normalise import sentences
from embodied_mem.errors import InstructionError

EXAMPLES: tuple[str, ...] = (
    "Sort the blocks by colour into the bins",
    "Stack the red block on the blue block",
    "Put the duck away in the left drawer",
    "Bring me the mug",
    "Put everything back as it was",
    "Swap the red block and the green can",
    "How many red things are on the table?",
    "Clear the lane",
    "Set the table as last time",
    "Push the can to the left",
    "Open both drawers",
    "Close the left drawer",
    "Pour the mug into the bowl",
    "Wipe the lane",
    "Hand over the spoon",
    "Look into the right drawer",
)
"""One instruction of every kind that is understood, and a few more."""
_WISHES = frozenset({"nothing", "anything", "match"})
_SHOULD = frozenset({"should", "must", "ought", "shall"})
_MODALS = frozenset({"can", "could", "would", "will", "might", "may"})
_ASKS = frozenset({"is", "are", "was", "were", "does", "did", "am", "has", "had"})
"""First words that make a sentence a question whatever follows."""


def parse_instruction(text: str, words: InstructionWords) -> Instruction:
    """Reads what a person asks for.

    Args:
        text: One request in plain English, of one sentence or more.
        words: The words for the work cell and what lies in it, from `instruction_words`.

    Raises:
        InstructionError: If the text is a question, a statement, or asks for something that is
            not understood; the message says what would be.
    """
    requests = [tokens_of(sentence, words) for sentence in sentences(text)]
    if not requests:
        raise InstructionError(f"there is no instruction in {text!r}; {_would_be()}")
    telling = [tokens for tokens in requests if not _is_question(tokens)]
    if not any(map(_tells, telling)):
        raise InstructionError(_refusal(text, all(map(_is_question, requests))))
    # A question before a request tells what "it" is: "Where is the mug? Bring it to me."
    tokens = [token for request in requests for token in request]
    reading = read_tokens(tokens, words)
    action = action_of(reading)
    if action is None:
        raise InstructionError(_refusal(text, False))
    fields = fields_of(action, reading)
    if action == "put" and _to_a_person(fields, words):
        action, fields["destination"] = "bring", None
    return Instruction(text=text, action=action, **fields)


def _to_a_person(fields: Fields, words: InstructionWords) -> bool:
    """Whether something goes onto the tray: what is brought to a person ends there as well."""
    destination = fields.get("destination")
    if destination is None or fields.get("side"):
        return False
    fixture = words.fixtures.get(destination.fixture)
    return fixture is not None and fixture.kind == "tray"


def _tells(tokens: tuple[Token, ...]) -> bool:
    """Tells a request from a statement: it has a verb, or is a wish without one.

    "Nothing on the lane", "everything as before", "the duck into the left drawer, please".
    """
    tags = {token.tag for token in tokens}
    texts = {token.text for token in tokens}
    if "verb" in tags or {"time", "everything"} <= tags or texts & _WISHES:
        return True
    if tokens[0].text in ("have", "let") and len(tokens) > 1 and tokens[1].tag != "person":
        return True
    if sum(token.tag == "time" for token in tokens) > 1:
        return True  # "back to how it was before"
    named = bool(tags & {"noun", "generic", "fixture"})
    wished = "auxiliary" not in tags or bool(texts & _SHOULD)
    return named and wished and ("please" in texts or "preposition" in tags)


def _is_question(tokens: tuple[Token, ...]) -> bool:
    """Tells a question from a request that is put politely, and from one to count."""
    said = [token for token in tokens if token.tag not in ("filler", "conjunction")]
    if any(token.tag == "verb" and token.value == "count" for token in said):
        return False
    first = tokens[0]
    if said and said[0].tag == "question":
        return not _goes_on(tokens)
    if first.text == "how" and not (len(tokens) > 1 and tokens[1].text == "about"):
        return True
    if _asks_politely(tokens):
        return False
    if first.text in ("do", "have") and len(tokens) > 1 and tokens[1].tag == "person":
        return True
    return first.text in _ASKS


def _goes_on(tokens: tuple[Token, ...]) -> bool:
    """Whether a request follows a question: "find out where it is and bring it to me"."""
    said = [token for token in tokens if token.tag != "filler"]
    return any(one.tag == "conjunction" and two.tag == "verb" for one, two in pairwise(said))


def _asks_politely(tokens: tuple[Token, ...]) -> bool:
    """Recognises "is there any chance you could ...", "do you think you can ...": requests."""
    texts = {token.text for token in tokens}
    if texts & {"possible", "able", "mind", "chance", "any chance"}:
        return True
    modal = any(text.split(" ")[0] in _MODALS for text in texts)
    return modal and any(token.tag == "verb" for token in tokens)


def _refusal(text: str, asks: bool) -> str:
    if asks:
        return (
            f"{text!r} is a question, not something to do; ask it with `embodied-mem ask`. "
            f"As instructions, {_would_be()}"
        )
    return f"I do not understand what to do with {text!r}; {_would_be()}"


def _would_be() -> str:
    return "I understand such as: " + "; ".join(EXAMPLES[:10])
