"""How well household words are known by other names and by paraphrases.

`household_words.tsv` holds 200 words, among them every category of the furnished house, each with
two other names and two paraphrases. The list was written and committed before anything was
measured, and nothing was dropped from it since. A name and a paraphrase of each word, drawn by
chance, are for development: settings were chosen on them, and they belong to what the vocabulary
knows (`assets/household_meanings.json`). The other 200 names and 200 paraphrases are held out; a
phrase counts as known where the nearest of all 200 words is its own.

What the vocabulary knows of a word comes from the lexicon of questions, from WordNet, from short
descriptions of our own, from names and sayings that were written blind (by language models that
were shown the 200 words and nothing else), and from the development half. Our own descriptions were
written after the list and by its author, though not from it. Reported beside is how well it goes
without each of these, and for the held-out phrases that stand in no text that is known.
"""

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from embodied_mem.brain.language.described_words import (
    DescribedWord,
    described_words,
    names_of,
    sayings_of,
)
from embodied_mem.brain.language.meaning import OpenVocabulary
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.minilm import MiniLmEmbedder
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]

_LIST: Final = Path(__file__).with_name("household_words.tsv")
STRANGERS: Final = (
    "the president of France",
    "a supernova",
    "the square root of two",
    "my tax return",
    "the offside rule",
    "a volcano",
    "the stock market",
    "yesterday's weather",
    "a sonnet by Shakespeare",
    "the speed of light",
    "an elephant",
    "the Pacific Ocean",
    "a software update",
    "the French Revolution",
    "a submarine",
    "the immune system",
    "a traffic jam",
    "the moon landing",
    "a glacier",
    "the electoral college",
    "an oil refinery",
    "a blue whale",
    "the national anthem",
    "a parking fine",
    "the theory of evolution",
    "flurble",
    "snorgle",
    "quonkit",
    "a wedding vow",
    "the airport terminal",
)
"""What no household word means: each is to be refused."""


class Phrase(NamedTuple):
    """A phrase that means one of the words."""

    text: str
    word: str
    is_name: bool


def held_out(told: Mapping[str, DescribedWord]) -> tuple[Phrase, ...]:
    """Returns the 400 phrases that are in no development half."""
    with _LIST.open(encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    return tuple(
        Phrase(text, word, n < 2)
        for word, *texts in rows
        for n, text in enumerate(texts)
        if text not in told[word].development
    )


def bench_synonyms(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the part `synonyms`; see the module. Where it has to be quick, every fifth word."""
    told = described_words()
    words = tuple(told)
    phrases = held_out(told)
    if quick:
        some = set(words[::5])
        phrases = tuple(phrase for phrase in phrases if phrase.word in some)
    embedder = _Remembering(MiniLmEmbedder())
    known: dict[str, tuple[TextEmbedder, Mapping[str, DescribedWord]]] = {
        "synonym": (embedder, told),
        "synonym_without_own": (
            embedder,
            _only(told, "names", "descriptions", "development", "called", "said"),
        ),
        "synonym_without_blind": (
            embedder,
            _only(told, "names", "descriptions", "development", "own"),
        ),
        "synonym_dictionary": (embedder, _only(told, "names", "descriptions")),
        "synonym_lexicon_minilm": (embedder, {}),
        "synonym_hashing": (HashingEmbedder(), told),
    }
    figures: dict[str, float] = {}
    judged: dict[str, list[bool]] = {}
    for name, (space, said) in known.items():
        vocabulary = OpenVocabulary(words, space, told=said)
        best = vocabulary.scores([phrase.text for phrase in phrases]).argmax(axis=1)
        judged[name] = [words[n] == p.word for n, p in zip(best, phrases, strict=True)]
    judged["synonym_lexicon"] = [_by_lexicon(phrase) for phrase in phrases]
    for name, right in judged.items():
        figures |= _shares(name, right, phrases, note)
    literal = {word: _literal(word, said) for word, said in told.items()}
    strange = [phrase.text.casefold() not in literal[phrase.word] for phrase in phrases]
    figures["synonym_top1_strange"] = _mean(judged["synonym"], strange)
    figures["synonym_strange_share"] = float(np.mean(strange))
    figures |= _refusals(OpenVocabulary(words, embedder, told=told), phrases)
    note(
        f"phrases in no known text {figures['synonym_top1_strange']:.3f}; "
        f"{figures['synonym_answered']:.2f} answered, {figures['synonym_answered_right']:.3f} of "
        f"these right; {figures['synonym_strangers_taken']:.2f} of strangers taken; "
        f"{figures['synonym_ms']:.1f} ms a phrase"
    )
    if out is not None:
        _write(out, phrases, judged)
    return figures


class _Remembering:
    """An embedder that embeds each text once."""

    def __init__(self, inner: TextEmbedder) -> None:
        self._inner = inner
        self._rows: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed(self, texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows.update(zip(new, self._inner.embed(new), strict=True))
        return np.stack([self._rows[text] for text in texts])


def _only(told: Mapping[str, DescribedWord], *parts: str) -> dict[str, DescribedWord]:
    return {
        word: DescribedWord(**{part: getattr(said, part) for part in parts})
        for word, said in told.items()
    }


def _literal(word: str, told: DescribedWord) -> set[str]:
    return {text.casefold() for text in (*names_of(word, told), *sayings_of(told))}


def _by_lexicon(phrase: Phrase) -> bool:
    """Whether the word lists and the spelling of questions find the word, and it alone."""
    return load_vocabulary().resolve(phrase.text).categories == (phrase.word,)


def _shares(
    name: str, right: Sequence[bool], phrases: Sequence[Phrase], note: Note
) -> dict[str, float]:
    by_word: dict[str, list[bool]] = {}
    for phrase, each in zip(phrases, right, strict=True):
        by_word.setdefault(phrase.word, []).append(each)
    interval = mean_interval([float(np.mean(each)) for each in by_word.values()])
    names = [phrase.is_name for phrase in phrases]
    figures = {
        f"{name}_top1": float(np.mean(right)),
        f"{name}_top1_low": interval.lo,
        f"{name}_top1_high": interval.hi,
        f"{name}_top1_names": _mean(right, names),
        f"{name}_top1_paraphrases": _mean(right, [not each for each in names]),
    }
    note(
        f"{name}: {figures[f'{name}_top1']:.3f} ({interval.lo:.3f} to {interval.hi:.3f}) of "
        f"{len(phrases)}; names {figures[f'{name}_top1_names']:.3f}, paraphrases "
        f"{figures[f'{name}_top1_paraphrases']:.3f}"
    )
    return figures


def _mean(values: Sequence[bool], where: Sequence[bool]) -> float:
    chosen = [value for value, one in zip(values, where, strict=True) if one]
    return float(np.mean(chosen)) if chosen else 0.0


def _refusals(vocabulary: OpenVocabulary, phrases: Sequence[Phrase]) -> dict[str, float]:
    start = time.perf_counter()
    found = [vocabulary.match(phrase.text) for phrase in phrases]
    seconds = time.perf_counter() - start
    right = [
        match is not None and match.word == phrase.word
        for match, phrase in zip(found, phrases, strict=True)
    ]
    answered = [match is not None for match in found]
    taken = [vocabulary.match(text) is not None for text in STRANGERS]
    return {
        "synonym_answered": float(np.mean(answered)),
        "synonym_answered_right": _mean(right, answered),
        "synonym_strangers_taken": float(np.mean(taken)),
        "synonym_ms": 1000.0 * seconds / len(phrases),
    }


def _write(out: Path, phrases: Sequence[Phrase], judged: Mapping[str, Sequence[bool]]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = [
        {"text": phrase.text, "word": phrase.word}
        | {name: bool(right[n]) for name, right in judged.items()}
        for n, phrase in enumerate(phrases)
    ]
    (out / "phrases.json").write_text(json.dumps(msgspec.to_builtins(rows), indent=1) + "\n")
