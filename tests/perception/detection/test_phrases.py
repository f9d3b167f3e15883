from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.perception.detection.phrases import make_prompts
from embodied_mem.perception.detection.vocabulary import STRUCTURE_WORDS, household_words

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def tokenizer(tiny_models: Path):
    return transformers.AutoTokenizer.from_pretrained(tiny_models / "grounding-dino")


def test_a_prompt_is_the_words_with_full_stops_between_them(tokenizer) -> None:
    words = ("Filing cabinet", "bed", "tv stand")
    (prompt,) = make_prompts(words, tokenizer, 256)
    assert list(prompt.tokens) == tokenizer("filing cabinet. bed. tv stand.")["input_ids"]
    spelled = [tokenizer.decode(prompt.tokens[low:high]) for low, high in prompt.spans]
    assert spelled == ["filing cabinet", "bed", "tv stand"]
    assert prompt.words == words


@pytest.mark.parametrize("limit", [12, 32, 256])
def test_every_word_is_asked_once_and_no_prompt_is_too_long(tokenizer, limit: int) -> None:
    words = (*household_words(), *STRUCTURE_WORDS)
    prompts = make_prompts(words, tokenizer, limit)
    assert sum((prompt.words for prompt in prompts), ()) == words
    assert all(len(prompt.tokens) <= limit for prompt in prompts)
    for prompt, following in pairwise(prompts):
        low, high = following.spans[0]
        assert len(prompt.tokens) + (high - low) + 1 > limit  # no room was left
    if limit == 256:
        assert len(prompts) == 1  # the catalogue costs one pass over a picture


def test_a_word_scores_the_mean_of_its_own_tokens(tokenizer) -> None:
    (prompt,) = make_prompts(("coffee table", "dining table", "bed"), tokenizer, 256)
    tokens = np.zeros((2, 256), np.float32)
    (first, _), (second, _), (bed, _) = prompt.spans
    tokens[0, first], tokens[0, first + 1], tokens[0, second + 1] = 0.2, 0.8, 0.7
    tokens[1, bed] = 0.9
    np.testing.assert_allclose(prompt.word_scores(tokens), [[0.5, 0.35, 0], [0, 0, 0.9]])


@pytest.mark.parametrize(
    ("word", "message"),
    [("a. b", "border"), ("what?", "border"), ("‎", "no token"), ("very " * 30, "at most")],
)
def test_words_that_cannot_be_asked_are_refused(tokenizer, word: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_prompts(("bed", word), tokenizer, 24)


def test_another_tokenizer_is_refused(tiny_models: Path) -> None:
    wrong = transformers.AutoTokenizer.from_pretrained(tiny_models / "owlv2")
    with pytest.raises(ModelError, match="bert-base-uncased"):
        make_prompts(("bed",), wrong, 256)
