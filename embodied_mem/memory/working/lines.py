"""What a working memory shows, line by line. Every edit is a change of this list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

TokenCount = Callable[[str], int]
"""Counts the tokens of a text; two texts joined may not take more than both alone."""

Role = Literal["fixed", "head", "note", "summary", "merged", "folded", "detail"]
"""What a line is:

- `fixed`: stands at the top and never changes;
- `head`: names an open chunk;
- `note`: a step of an open chunk;
- `summary`: a closed chunk, or what was pruned;
- `merged`: several closed chunks, older than those around it;
- `folded`: says how many notes of an open chunk are not shown;
- `detail`: part of a closed chunk that is shown again.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a working memory."""

    id: str
    """What edits name it by: that of a note or a chunk."""
    role: Role
    chunk: str
    """Id of the open chunk that it stands in, empty outside of all."""
    text: str
    cost: int
    """Tokens that are set aside for it: no fewer than it takes."""
    handle: str = ""
    """Id of the handle that it shows."""
    source: str = ""
    """Of a detail: the chunk that is shown."""
    parts: tuple[str, ...] = ()
    """Of a merged line: the chunks in it; of a folded line: the notes in it."""
    kind: str = ""
    """Of a note: which kind it is of."""
    about: str = ""
    """Of a note: what it is about."""
    time: int = 0
    """Of a note: its number."""


def total(lines: list[Line]) -> int:
    """Returns the tokens that are set aside for some lines."""
    return sum(line.cost for line in lines)


def is_pinned(line: Line, pinned: set[str]) -> bool:
    """Tells whether a line may not go by itself."""
    return line.id in pinned or (line.role == "detail" and line.source in pinned)
