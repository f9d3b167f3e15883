"""Brings JSON that is being written to its end, when there are few tokens left for it."""

from typing import Final, final

import numpy as np

from embodied_mem.types import BoolArray

_AHEAD: Final = (b"}", b"]", b",")
"""What leads out of a value, the widest first."""
_INWARDS: Final = (b"{", b"[")


@final
class Closer:
    """Chooses, of the tokens that may come next, those that lead to the end of a JSON text."""

    def __init__(self, tokens: tuple[bytes, ...], ends: frozenset[int]) -> None:
        """Takes the bytes of every token, and which tokens end a text."""
        self._ends = np.zeros(len(tokens), bool)
        self._ends[sorted(ends)] = True
        single = {text: index for index, text in reversed(list(enumerate(tokens)))}
        self._quote = single.get(b'"')
        self._ahead = tuple(single[text] for text in _AHEAD if text in single)
        self._inwards = np.array([text.strip().startswith(_INWARDS) for text in tokens])
        self._blank = np.array([not text.strip() for text in tokens]) & ~self._ends

    def towards_end(self, written: bytes, allowed: BoolArray) -> BoolArray:
        """Returns which tokens to choose among; some of those that are allowed, at least one.

        Args:
            written: The text so far.
            allowed: (n,) Which tokens the schema allows; at least one.
        """
        if (allowed & self._ends).any():
            return allowed & self._ends
        if in_string(written):
            return _only(allowed, self._quote) if self._allows(allowed, self._quote) else allowed
        for token in self._ahead:
            if allowed[token]:
                return _only(allowed, token)
        for kept in (allowed & ~self._blank & ~self._inwards, allowed & ~self._blank):
            if kept.any():
                return kept
        return allowed

    @staticmethod
    def _allows(allowed: BoolArray, token: int | None) -> bool:
        return token is not None and bool(allowed[token])


def in_string(text: bytes) -> bool:
    r"""Says whether a JSON text ends inside of a string.

    >>> in_string(b'{"a": "b'), in_string(b'{"a": "b"'), in_string(b'"b\\"')
    (True, False, True)
    """
    inside = escaped = False
    for byte in text:
        if escaped:
            escaped = False
        elif byte == 0x5C:
            escaped = inside
        elif byte == 0x22:
            inside = not inside
    return inside


def _only(allowed: BoolArray, token: int | None) -> BoolArray:
    kept = np.zeros_like(allowed)
    kept[token] = True
    return kept
