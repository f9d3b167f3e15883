"""Packs words into the prompts of Grounding DINO, and tells which tokens are whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.types import Float32Array

_STOP: Final = "."
_STOP_ID: Final = 1012
"""Where BERT's vocabulary has the full stop. The network has this number in its code: words
attend to each other between two of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One text that is asked about, with the place of each word in it."""

    tokens: tuple[int, ...]
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """First token of each word, and the one behind its last."""

    def word_scores(self, tokens: Float32Array) -> Float32Array:
        """Turns scores of tokens into scores of words, the mean over each word's tokens.

        So does the authors' evaluation on COCO (`create_positive_map_from_span` of Grounding
        DINO, Liu et al. 2023). The phrase that `transformers` reads off the tokens above a
        threshold may be half a word or of two words; this never is.

        Args:
            tokens: (n, at least as many as the prompt has), each in [0, 1].

        Returns:
            (n, words).
        """
        return np.stack([tokens[:, low:high].mean(axis=1) for low, high in self.spans], axis=1)


def make_prompts(words: Sequence[str], tokenizer: Any, limit: int) -> tuple[Prompt, ...]:
    """Packs words into as few prompts as they need, in their order: `[CLS] chair . bed . [SEP]`.

    Args:
        words: What to look for.
        tokenizer: Of the model, a BERT tokenizer.
        limit: Most tokens of a prompt; Grounding DINO was trained with 256.

    Raises:
        ModelError: If the tokenizer is not BERT's.
        ConfigError: If a word has a full stop, no token, or more than fit.
    """
    if tokenizer.convert_tokens_to_ids(_STOP) != _STOP_ID:
        raise ModelError(
            f"the tokenizer has the full stop at {tokenizer.convert_tokens_to_ids(_STOP)}; "
            f"Grounding DINO needs that of bert-base-uncased ({_STOP_ID})"
        )
    prompts: list[Prompt] = []
    taken: list[tuple[str, list[int]]] = []
    room = limit - 2  # [CLS] and [SEP]
    for word in words:
        tokens = _tokens(word, tokenizer)
        if len(tokens) + 1 > limit - 2:
            raise ConfigError(f"{word[:60]!r} has {len(tokens)} tokens; at most {limit - 3} fit")
        if len(tokens) + 1 > room:
            prompts.append(_packed(taken, tokenizer))
            taken, room = [], limit - 2
        taken.append((word, tokens))
        room -= len(tokens) + 1
    return (*prompts, _packed(taken, tokenizer))


def _tokens(word: str, tokenizer: Any) -> list[int]:
    if _STOP in word or "?" in word:
        raise ConfigError(f"{word!r} has a '.' or '?', which Grounding DINO takes for a border")
    tokens: list[int] = tokenizer(word.lower().strip(), add_special_tokens=False)["input_ids"]
    if not tokens:
        raise ConfigError(f"{word!r} has no token: give a word that can be looked for")
    return tokens


def _packed(taken: Sequence[tuple[str, list[int]]], tokenizer: Any) -> Prompt:
    tokens, spans = [int(tokenizer.cls_token_id)], []
    for _, word in taken:
        spans.append((len(tokens), len(tokens) + len(word)))
        tokens += [*word, _STOP_ID]
    return Prompt(
        tokens=(*tokens, int(tokenizer.sep_token_id)),
        words=tuple(word for word, _ in taken),
        spans=tuple(spans),
    )
