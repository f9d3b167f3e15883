"""What questions are taken to ask, over some five hundred ways to ask them."""

from pathlib import Path

import pytest

from embodied_mem.brain.language import EXAMPLES, Question, load_vocabulary, parse_question
from embodied_mem.brain.language.morphology import plural_of
from embodied_mem.brain.language.question import NounPhrase

PHRASINGS = [
    tuple(field.strip() for field in line.split("|"))
    for line in (Path(__file__).parent / "phrasings.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def _noun(phrase: NounPhrase) -> str:
    if phrase.how == "everything":
        name = "*"
    elif phrase.how == "unknown":
        name = "?"
    else:
        one = len(phrase.categories) == 1
        name = phrase.categories[0] if one else f"{phrase.label}s.."
    return f"{phrase.colour} {name}" if phrase.colour else name


def _about(question: Question) -> str:
    """Writes what a question is about in the short form of `phrasings.txt`."""
    words = [" + ".join(_noun(subject) for subject in question.subjects)]
    if question.relation is not None:
        words += [question.relation.kind, _noun(question.relation.anchor)]
    if question.room is not None:
        words += ["@", question.room.category]
    if question.extreme is not None:
        extreme = question.extreme
        words += ["max" if extreme.largest else "min", extreme.measure]
        if extreme.reference is not None:
            words += ["to", _noun(extreme.reference)]
    return " ".join(word for word in words if word)


@pytest.mark.parametrize(("kind", "about", "text"), PHRASINGS, ids=[p[2] for p in PHRASINGS])
def test_is_understood(kind: str, about: str, text: str) -> None:
    question = parse_question(text)
    assert (question.kind, _about(question).replace("furnitures..", "furniture..")) == (
        kind,
        about.replace("furnitures..", "furniture.."),
    )


@pytest.mark.parametrize("change", [str.upper, str.capitalize, lambda t: f"Please, {t} Thanks!"])
def test_form_does_not_matter(change) -> None:  # type: ignore[no-untyped-def]
    for kind, about, text in PHRASINGS:
        if kind not in ("not_understood", "moved"):
            question = parse_question(change(text))
            assert (question.kind, _about(question)) == (kind, about), change(text)


_TEMPLATES = {
    "where": ("where is the {}", "do you know where i can find a {}"),
    "which_room": ("which room is the {} in", "in what room would I find the {}"),
    "how_many": ("how many {s} are there", "count the {s}", "number of {s} in the kitchen"),
    "colour": ("what colour is the {}", "what is the color of my {}?"),
    "exists": ("is there a {}", "have you seen a {}", "do we have a blue {} in the bedroom"),
    "near": ("what is near the {}", "which objects are next to the {}", "what's around the {}?"),
    "superlative": ("what is the biggest {}", "what is closest to the {}"),
}


@pytest.mark.parametrize("kind", sorted(_TEMPLATES))
def test_every_thing_can_be_asked_about(kind: str) -> None:
    vocabulary = load_vocabulary()
    for category, about in vocabulary.knowledge.things.items():
        for noun in (category, *about.synonyms):
            many = about.plural if noun == category else plural_of(noun)
            for template in _TEMPLATES[kind]:
                text = template.replace("{s}", many).replace("{}", noun)
                question = parse_question(text)
                named = [*question.subjects]
                if question.relation is not None:
                    named = [question.relation.anchor]
                elif question.extreme is not None and question.extreme.reference is not None:
                    named = [question.extreme.reference]
                assert question.kind == kind, text
                assert named[0].categories == (category,), text
                assert not question.unused and not question.corrections, text


def test_misspelt_words_are_told() -> None:
    question = parse_question("where's the mgu")
    assert question.kind == "where"
    assert question.subjects[0].categories == ("mug",)
    assert [(c.word, c.read_as) for c in question.corrections] == [("mgu", "mug")]
    assert parse_question("wher is teh sofa").kind == "where"


def test_unknown_surroundings_do_not_hide_a_known_thing() -> None:
    question = parse_question("which room do I enter in pursuit of the mug")
    assert question.subjects[0].categories == ("mug",)
    assert question.relation is None and question.unused == ("pursuit",)


def test_mending_needs_a_known_thing() -> None:
    assert parse_question("where is the jukebox").corrections == ()
    assert parse_question("where is the jukebox").subjects[0].label == "jukebox"


def test_unknown_kinds_of_known_things_are_not_taken_for_them() -> None:
    for text, label in (
        ("is there a gas lamp", "gas lamp"),
        ("find my piano bench", "piano bench"),
    ):
        subject = parse_question(text).subjects[0]
        assert (subject.how, subject.label) == ("compound", label)
    squeaky = parse_question("is there a squeaky chair").subjects[0]
    assert (squeaky.how, squeaky.unverified) == ("name", ("squeaky",))


def test_the_room_of_a_reference_is_not_that_of_the_answer() -> None:
    question = parse_question("which lamp is nearest to the desk in the office")
    assert question.room is None
    assert question.extreme is not None and question.extreme.reference is not None
    room = question.extreme.reference.room
    assert room is not None and room.category == "office"


def test_gibberish_is_not_mended() -> None:
    assert parse_question("whre iss teh sofaa plaese nwo").kind == "not_understood"


def test_words_passed_over_are_told() -> None:
    question = parse_question("Where did grandma put the mug?")
    assert question.unused == ("grandma",)
    assert question.corrections == ()


def test_descriptions_that_memory_cannot_check_are_kept() -> None:
    assert parse_question("where is the wooden chair").subjects[0].unverified == ("wooden",)


def test_pronouns_stand_for_the_sentence_before() -> None:
    question = parse_question("I saw a vase yesterday. What colour is it?")
    assert (question.kind, question.subjects[0].categories) == ("colour", ("vase",))


def test_room_numbers() -> None:
    room = parse_question("what is in the second bedroom").room
    assert room is not None and (room.category, room.number) == ("bedroom", 2)
    room = parse_question("how many chairs are in bedroom 3?").room
    assert room is not None and room.number == 3
    room = parse_question("what is in the toilet").room
    assert room is not None and room.category == "bathroom"


def test_a_thing_named_after_a_room_is_no_room() -> None:
    question = parse_question("where is the kitchen chair")
    assert question.subjects[0].categories == ("chair",)
    assert question.room is not None and question.room.category == "kitchen"
    assert parse_question("where is the office chair").room is None
    assert parse_question("where is the laundry basket").room is None


def test_categories_of_a_memory_are_words() -> None:
    vocabulary = load_vocabulary(("flurble wheel",))
    question = parse_question("how many flurble wheels are there", vocabulary)
    assert question.subjects[0].categories == ("flurble wheel",)


def test_refusals_suggest_questions_that_are_understood() -> None:
    for text in ("why is the sofa grey?", "does the kitchen smell", "hello", ""):
        question = parse_question(text)
        assert question.kind == "not_understood"
        assert len(question.suggestions) >= 2
        for suggestion in question.suggestions:
            assert parse_question(suggestion).kind != "not_understood", suggestion
    assert any("sofa" in s for s in parse_question("why is the sofa grey?").suggestions)
    assert {parse_question(example).kind for example in EXAMPLES} >= {
        "where",
        "which_room",
        "how_many",
        "colour",
        "exists",
        "near",
        "superlative",
        "in_room",
    }


def test_long_texts_are_refused() -> None:
    assert parse_question("where is the sofa " * 100).kind == "not_understood"
