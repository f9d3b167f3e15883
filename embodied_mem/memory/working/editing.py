"""What edits a working memory by itself: where a rule or a trained policy stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, final

from embodied_mem.memory.working.lines import Line
from embodied_mem.memory.working.usage import Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What an editor knows besides the lines."""

    cap: int
    """Tokens that may be shown."""
    fixed: frozenset[str]
    """Ids of what is pinned or has just been added: it stays."""
    usage: Usage
    current: str
    """Id of the innermost open chunk."""
    goal: str
    """Its subgoal."""
    is_open: Callable[[str], bool]
    """Tells whether a chunk is open."""


class Editor(Protocol):
    """Chooses what is shown whenever a line was added.

    It only takes lines away. The cap holds whatever it does: what it leaves over it is made to fit
    as without an editor.
    """

    @property
    def keeps_details(self) -> bool:
        """Whether the notes of a closed chunk stay in view until the editor takes them away."""
        ...

    def edit(self, lines: list[Line], view: View) -> list[Line]:
        """Returns the lines that are to be shown, in their order."""
        ...


@final
class CloseAndSummarise:
    """HiAgent's rule (Hu et al., 2024): a closed chunk is one line; the notes of open ones stay."""

    keeps_details = False

    def edit(self, lines: list[Line], view: View) -> list[Line]:
        """Returns all lines."""
        return lines


@final
class KeepAll:
    """Takes nothing away before the cap does it."""

    keeps_details = True

    def edit(self, lines: list[Line], view: View) -> list[Line]:
        """Returns all lines."""
        return lines
