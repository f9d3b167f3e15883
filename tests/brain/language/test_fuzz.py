"""Any text gets an answer, never an exception."""

from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.language import answer_question, load_vocabulary
from embodied_mem.brain.language.lexicon import FORMS
from embodied_mem.memory.store import MemoryStore
from furnished_flat import THINGS, store_of

MEMORY = store_of(THINGS)
STATUSES = {"answered", "unseen", "not_understood", "uncertain"}

_FORM = [" ".join(words) for words in FORMS]
_NOUNS = ["sofa", "mugs", "piano", "bed", "kitchen", "bedroom 2", "red", "flurble", "mgu", "desk"]
_KNOWN = st.one_of(st.sampled_from(_FORM), st.sampled_from(_NOUNS), st.sampled_from(_NOUNS))


def _check(text: str, memory: MemoryStore) -> None:
    answer = answer_question(text, memory)
    assert answer.status in STATUSES
    assert answer.certain == (answer.status == "answered")
    assert answer.text and answer.question == text
    assert {citation.object for citation in answer.citations} <= set(answer.objects)


@given(st.text(max_size=600))
def test_any_text(text: str) -> None:
    _check(text, MEMORY)


@given(st.lists(_KNOWN, max_size=12))
@settings(max_examples=400)
def test_any_words_of_questions(words: list[str]) -> None:
    _check(" ".join(words), MEMORY)


@given(st.lists(st.sampled_from(_FORM), min_size=1, max_size=5), st.sampled_from(["piano", "cat"]))
@settings(max_examples=300)
def test_no_certain_claim_about_what_was_never_seen(words: list[str], noun: str) -> None:
    answer = answer_question(f"{' '.join(words)} {noun}", MEMORY)
    if answer.certain:
        assert noun not in answer.text.lower()


@given(st.lists(_KNOWN, max_size=8))
@settings(max_examples=100)
def test_an_empty_memory_is_never_certain_of_a_thing(words: list[str]) -> None:
    answer = answer_question(" ".join(words), MemoryStore())
    assert not answer.objects
    _check(" ".join(words), MemoryStore())


def test_every_category_of_a_memory_can_be_asked_for() -> None:
    assert load_vocabulary(("surfboard",)) is load_vocabulary(("surfboard",))
    assert answer_question("where is the surfboard", MEMORY).certain
