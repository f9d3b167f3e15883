"""Finds the JSON in what a model wrote around it: thoughts, fences, prose, several answers."""

import re
from typing import Any, Final

from embodied_mem.models.mending.lenient import UnreadableError, read_value

LONGEST: Final = 200_000
"""Characters of an answer; a longer one is refused."""
_MOST: Final = 20
"""Values in one answer."""
_MOST_BRACKETS: Final = 200
"""Brackets of prose that begin no JSON."""
_FENCE: Final = re.compile(r"```[\w-]*")
_BRACKET: Final = re.compile(r"[{\[]")
_GOES_ON: Final = re.compile(r"[\s}\])]*,\s*(?:[\"'{\[“‘]|\w+\s*:)")
"""After what was read comes more of it: a bracket was closed too early."""


def find_values(text: str) -> list[Any]:
    """Returns the objects and lists in an answer, outermost ones only, as `read_value` reads them.

    Raises:
        UnreadableError: If there are none, too many, or one that is broken.
    """
    if len(text) > LONGEST:
        raise UnreadableError(f"it has {len(text)} characters, {LONGEST} at most are read")
    said = text.rpartition("</think>")[2]
    if "<think>" in said:
        raise UnreadableError("it ends within a thought")
    found: list[Any] = []
    tried = 0
    for part in _FENCE.split(said):
        at = 0
        while bracket := _BRACKET.search(part, at):
            tried += 1
            if tried > _MOST_BRACKETS or len(found) > _MOST:
                raise UnreadableError("it holds too many brackets")
            value, at = _try_to_read(part, bracket.start())
            found += value
    if not found:
        raise UnreadableError("it holds no object; nothing but JSON is asked for")
    return found


def _try_to_read(part: str, start: int) -> tuple[list[Any], int]:
    try:
        value, end = read_value(part, start)
    except UnreadableError as error:
        if error.begun:
            raise
        return [], start + 1
    if _GOES_ON.match(part, end):
        raise UnreadableError(f"a bracket is closed too early (at character {end - 1})")
    return [value], end
