"""Reads JSON as models nearly write it: Python's literals, single quotes, comments, stray commas.

It takes one pass, and fails where it would have to guess. `json-repair` guesses: it closes a text
that was cut off within a word as if it were whole, takes the last of two different objects, and
needs time in the square of the length for some texts (3 s for 8,000 characters of `{"`).
"""

import math
import re
from typing import Any, Final, final

MOST_LEVELS: Final = 100
"""Values may lie so deep within each other."""
_SPACE: Final = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_BLANK: Final = re.compile(r"\s*")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORD: Final = re.compile(r"[A-Za-z_][\w-]*")
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "none": None}
_NO_VALUES: Final = re.compile(
    r"nan|inf|infinity|undefined|str|string|num|number|int|integer|float|bool|boolean|array|list"
    r"|dict|object|any"
)
"""Bare words that stand for a type, or for nothing."""
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_SIGNS: Final = {closer: re.compile(rf"[\\{closer}]") for closer in _QUOTES.values()}
_JOINTS: Final = {
    closer: re.compile(rf"{closer}\s*[:,+]|[:,+{{\[(]\s*{closer}") for closer in _QUOTES.values()
}
"""What lies between two strings: within one string it means that a quote is missing."""
_CLOSERS: Final = {"{": "}", "[": "]", "(": ")"}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPED: Final = "\\/\"'“”‘’`_"
"""Signs that stand for themselves; the last two as in Markdown."""
_LOW: Final = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
"""The second half of a character beyond the first 65,536."""
_LONGEST_NUMBER: Final = 40
_NOTHING: Final = object()


@final
class CutDict(dict[str, Any]):
    """An object whose end is missing: more may have been meant to follow."""


@final
class CutList(list[Any]):
    """A list whose end is missing: more may have been meant to follow."""


class UnreadableError(Exception):
    """A text is no JSON, not even nearly.

    Args:
        problem: What is wrong.
        begun: Whether JSON had begun before: what is within it must not be taken for the whole.
    """

    def __init__(self, problem: str, *, begun: bool = True) -> None:
        super().__init__(problem)
        self.begun = begun


def read_value(text: str, start: int = 0) -> tuple[Any, int]:
    """Reads the object or list that begins at a bracket.

    Returns:
        It, with what is cut off as `CutDict` and `CutList`, and where it ends.

    Raises:
        UnreadableError: If it cannot be read.
    """
    reader = _Reader(text, start)
    value = reader.container(0)
    return value, reader.at


def is_cut(value: Any) -> bool:
    """Returns whether anything in a value that was read is cut off."""
    if isinstance(value, CutDict | CutList):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(is_cut, inner))


@final
class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start
        self.begun = False

    def container(self, level: int) -> Any:
        """Reads what begins at a bracket."""
        if level >= MOST_LEVELS:
            raise UnreadableError(f"it is nested more than {MOST_LEVELS} levels deep")
        opener = self.text[self.at]
        self.at += 1
        return self._object(level) if opener == "{" else self._list(_CLOSERS[opener], level)

    def _object(self, level: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            sign = self._next()
            if sign in ("", "}", "]"):
                # A list's bracket ends a list around this, whose object was left open.
                self.at += sign == "}"
                return found if sign else CutDict(found)
            key = self._key()
            if key is _NOTHING or not self._next():
                return CutDict(found)
            if self._next() != ":":
                raise self._error("expected a colon after a name")
            self.at += 1
            self.begun = True
            value = self._value(level)
            if value is _NOTHING:
                return CutDict(found)
            if key in found and found[key] != value:
                raise self._error(f"{key!r} is given twice, and differently")
            found[key] = value
            self._comma("}]")

    def _list(self, closer: str, level: int) -> list[Any]:
        found: list[Any] = []
        while True:
            sign = self._next()
            if sign in ("", closer, "}"):
                self.at += sign == closer
                return found if sign else CutList(found)
            value = self._value(level)
            if value is _NOTHING:
                return CutList(found)
            found.append(value)
            self._comma(closer + "}")
            self.begun = True

    def _comma(self, ends: str) -> None:
        """Goes past a comma; one between lines may be missing."""
        before = self.at
        sign = self._next()
        if sign == ",":
            self.at += 1
        elif sign and sign not in ends and "\n" not in self.text[before : self.at]:
            raise self._error("expected a comma")

    def _key(self) -> Any:
        if self.text[self.at] in _QUOTES:
            return self._string(":")
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise self._error("expected a name")
        self.at = word.end()
        return word.group()

    def _value(self, level: int) -> Any:
        """Reads a value; `_NOTHING` if the text ends within it."""
        sign = self._next()
        if not sign:
            return _NOTHING
        if sign in _CLOSERS:
            return self.container(level + 1)
        if sign in _QUOTES:
            return self._string(",}])")
        word = _NUMBER.match(self.text, self.at) or _WORD.match(self.text, self.at)
        if word is None:
            raise self._error("expected a value")
        self.at = word.end()
        after = self._next()
        if not after:
            return _NOTHING  # a longer number or word may have been meant
        if after not in ",}])" and "\n" not in self.text[word.end() : self.at]:
            raise self._error(f"{word.group()[:20]!r} is followed by something else")
        self.at = word.end()
        return self._plain(word.group())

    def _plain(self, word: str) -> Any:
        if word[0].isalpha() or word[0] == "_":
            if _NO_VALUES.fullmatch(word.lower()):
                raise self._error(f"{word} is no value")
            return _CONSTANTS.get(word.lower(), word)
        digits = word.lstrip("+-")
        if len(word) > _LONGEST_NUMBER or re.match(r"0\d", digits):
            raise self._error("a number cannot be read")
        number = int(word) if digits.isdigit() else float(word)
        if not math.isfinite(number):
            raise self._error("a number is too large")
        return number

    def _string(self, followers: str) -> Any:
        """Reads a string; `_NOTHING` if the text ends within it."""
        text, start = self.text, self.at + 1
        self.begun = True
        closer = _QUOTES[text[self.at]]
        parts: list[str] = []
        quoted, at = False, start
        while sign := _SIGNS[closer].search(text, at):
            parts.append(text[at : sign.start()])
            if sign.group() == "\\":
                piece, at = self._escape(sign.start())
                parts.append(piece)
                continue
            at = sign.end()
            if self._ends(at, followers):
                self.at = at
                if quoted and _JOINTS[closer].search(text, start, at - 1):
                    raise self._error("a quote within a string is not escaped")
                return "".join(parts)
            parts.append(closer)
            quoted = True
        self.at = len(text)
        return _NOTHING

    def _ends(self, at: int, followers: str) -> bool:
        """Returns whether a quote before `at` ends a string, or belongs to what is quoted."""
        blank = _BLANK.match(self.text, at)
        after = blank.end() if blank else at
        sign = self.text[after : after + 1]
        if not sign or sign in followers or self.text.startswith(("//", "/*", "#"), after):
            return True
        # A comma is missing at the end of a line: the next line begins another string.
        return followers != ":" and sign in _QUOTES and "\n" in self.text[at:after]

    def _escape(self, at: int) -> tuple[str, int]:
        sign = self.text[at + 1 : at + 2]
        if sign in ("u", "x"):
            return self._code(at, 4 if sign == "u" else 2)
        if sign in _ESCAPES:
            return _ESCAPES[sign], at + 2
        if not sign or sign in _ESCAPED:
            return sign, at + 1 + len(sign)
        raise self._error(f"\\{sign} means nothing in a string")

    def _code(self, at: int, length: int) -> tuple[str, int]:
        end = at + 2 + length
        digits = self.text[at + 2 : end]
        if len(self.text) < end:
            return "", len(self.text)  # cut off, and so is the string
        if not re.fullmatch(r"[0-9a-fA-F]+", digits):
            raise self._error("a character's code cannot be read")
        code = int(digits, 16)
        if 0xD800 <= code < 0xDC00 and self.text.startswith("\\u", end):
            low = _LOW.match(self.text, end)
            if low is not None:
                below = int(low.group(1), 16) - 0xDC00
                return chr(0x10000 + ((code - 0xD800) << 10) + below), low.end()
        if 0xD800 <= code < 0xE000:
            raise self._error("half of a character")
        return chr(code), end

    def _next(self) -> str:
        """Goes to the next sign and returns it; empty at the end."""
        space = _SPACE.match(self.text, self.at)
        if space is not None:
            self.at = space.end()
        return self.text[self.at : self.at + 1]

    def _error(self, problem: str) -> UnreadableError:
        return UnreadableError(f"{problem} (at character {self.at})", begun=self.begun)
