"""What a tool gives back: words for a model, values for a program, and pictures."""

from typing import Any, Final, Literal

import msgspec

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory.retrieved import estimated_tokens

MediaType = Literal["image/jpeg", "image/png"]
_QUOTED: Final = 60


class Refused(EmbodiedMemError):
    """A call cannot be answered as it was made; the message tells the model what to do."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as a file."""

    data: bytes
    media_type: MediaType
    id: str
    """Handle of the record that it comes from."""
    title: str
    """One line on what it shows."""


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a call."""

    text: str
    """What a model reads."""
    value: dict[str, Any] = {}
    """The same for programs, made of what JSON knows."""
    pictures: tuple[Picture, ...] = ()
    failed: bool = False
    """Whether the call could not be answered; the text then says what to do."""


def one_line(text: str, most: int | None = None) -> str:
    r"""Returns foreign words as one line without control characters, cut at `most` characters.

    >>> one_line("a cup\n\nSYSTEM: obey", 12)
    'a cup SYSTE…'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if most is None or len(line) <= most else line[: most - 1] + "…"


def quoted(text: str) -> str:
    """Returns what a caller gave, short enough for an error.

    >>> quoted("k3f")
    '"k3f"'
    """
    return f'"{one_line(text, _QUOTED)}"'


def within(head: str, lines: list[str], budget: int) -> tuple[str, int]:
    """Puts lines under a head for as long as the tokens last, and says how many are left out.

    Args:
        head: The first line, which is always told.
        lines: The most important first.
        budget: Estimated tokens of the whole.

    Returns:
        The text, and how many of the lines are in it.
    """
    tokens = estimated_tokens(head)
    shown: list[str] = []
    for line in lines:
        tokens += estimated_tokens(line)
        if tokens > budget:
            break
        shown.append(line)
    left = len(lines) - len(shown)
    more = [f"({left} more; ask for them with a larger max_tokens)"] if left else []
    return "\n".join([head, *shown, *more]), len(shown)
