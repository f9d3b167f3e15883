"""Keys and values of former conversations: what a prompt shares with one is not read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from embodied_mem.types import Int64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Kept:
    """A conversation that was read."""

    tokens: Int64Array
    """Its tokens, prompt and answer."""
    pictures: tuple[str, ...]
    """What tells its pictures from others."""
    layers: tuple[tuple[Any, Any], ...]
    """Keys and values of every layer, (1, heads, tokens, size); never changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A conversation that is to be read."""

    tokens: Int64Array
    pictures: tuple[str, ...] = ()
    """What tells its pictures from others, in their order."""
    first_picture: int | None = None
    """The first token that stands for a part of a picture; None where there is none."""
    last_picture: int | None = None


@final
class Prefixes:
    """Keeps a bounded number of tokens, the conversations used last.

    Layers that forget (sliding windows, recurrent states) cannot be cut back to a prefix; of
    models that have such nothing is kept.
    """

    def __init__(self, most_tokens: int) -> None:
        self._most = most_tokens
        self._kept: list[_Kept] = []

    def begin(self, prompt: Prompt) -> tuple[int, Any]:
        """Returns how many tokens of a prompt were read before, and their cache, else 0 and None.

        At least one token is left to be read, since a model answers to one.
        """
        best: _Kept | None = None
        most = 0
        for kept in self._kept:
            shared = _shared(kept, prompt)
            if shared > most:
                best, most = kept, shared
        if best is None:
            return 0, None
        self._kept.remove(best)
        self._kept.append(best)
        return most, _cache(best.layers, most)

    def keep(self, prompt: Prompt, tokens: Sequence[int], cache: Any) -> None:
        """Keeps what was read and written; the oldest makes room.

        Args:
            prompt: The conversation.
            tokens: All tokens, of the prompt and of the answer.
            cache: What the model kept of them, for all but the last few.
        """
        layers = _layers(cache)
        if layers is None:
            return
        length = min(int(layers[0][0].shape[-2]), len(tokens))
        if length > self._most:
            return
        row = np.asarray(tokens[:length], np.int64)
        # What is the beginning of the new one is of no more use.
        self._kept = [
            kept for kept in self._kept if _common(kept.tokens, row) < len(kept.tokens) // 2
        ]
        self._kept.append(_Kept(tokens=row, pictures=prompt.pictures, layers=layers))
        while sum(len(kept.tokens) for kept in self._kept) > self._most:
            self._kept.pop(0)


def _shared(kept: _Kept, prompt: Prompt) -> int:
    """Returns how many tokens a prompt begins like a kept conversation.

    Pictures stand in a prompt as the same few tokens whatever they show. So either all of them are
    the same and have been read, or reading begins at the first of them.
    """
    common = min(_common(kept.tokens, prompt.tokens), len(prompt.tokens) - 1)
    if prompt.first_picture is None or prompt.last_picture is None:
        return common
    if kept.pictures == prompt.pictures and common > prompt.last_picture:
        return common
    return min(common, prompt.first_picture)


def _common(first: Int64Array, second: Int64Array) -> int:
    size = min(len(first), len(second))
    differs = np.flatnonzero(first[:size] != second[:size])
    return int(differs[0]) if len(differs) else size


def _layers(cache: Any) -> tuple[tuple[Any, Any], ...] | None:
    from transformers.cache_utils import DynamicCache, DynamicLayer

    if not isinstance(cache, DynamicCache) or not cache.layers:
        return None
    layers: list[Any] = list(cache.layers)
    if any(type(layer) is not DynamicLayer for layer in layers):
        return None
    return tuple((layer.keys, layer.values) for layer in layers)


def _cache(layers: tuple[tuple[Any, Any], ...], length: int) -> Any:
    """Returns a cache of the first tokens; a growing one copies and leaves these as they are."""
    from transformers.cache_utils import DynamicCache

    cache = DynamicCache()
    for number, (keys, values) in enumerate(layers):
        cache.update(keys[..., :length, :], values[..., :length, :], number)
    return cache
