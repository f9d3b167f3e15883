"""Cuts the text of a condition into tokens; every token knows where it stands."""

import re
from dataclasses import dataclass
from typing import Literal

from embodied_mem.errors import ConditionError

TokenKind = Literal["name", "number", "text", "symbol", "end"]

MAX_LENGTH = 2000
"""A condition longer than this is refused, characters."""

_PATTERN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<number>-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<text>"[^"\r\n]*"|'[^'\r\n]*')
    |(?P<symbol><=|>=|==|!=|<|>|=|\(|\)|,)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text that the grammar does not divide further."""

    kind: TokenKind
    text: str
    position: int

    @property
    def shown(self) -> str:
        """How an error message calls it."""
        return "the end" if self.kind == "end" else repr(self.text)


def tokenize(text: str) -> list[Token]:
    """Cuts a condition into tokens, with one of kind `end` behind the last.

    Raises:
        ConditionError: If the text is too long or has a character that no token starts with.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(
            f"the condition has {len(text)} characters; at most {MAX_LENGTH} are read",
            position=MAX_LENGTH,
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise ConditionError(_unreadable(text, at), position=at)
        kind = match.lastgroup
        if kind != "space":
            tokens.append(Token(kind, match.group(), at))  # type: ignore[arg-type]
        at = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _unreadable(text: str, at: int) -> str:
    if text[at] in "\"'":
        return f"the text that starts with {text[at]} is never closed"
    hints = {"&": "and", "|": "or", "!": "not"}
    hint = f"; write {hints[text[at]]!r}" if text[at] in hints else ""
    return f"{text[at]!r} means nothing here{hint}"
