"""What consolidation did, in numbers and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from embodied_mem.memory.record import Delete, Operation, Update


@final
@dataclass(kw_only=True, slots=True)
class ConsolidationReport:
    """What was done since a consolidator was made; counted on while the work is done."""

    looked: int = 0
    """Records that were looked at."""
    superseded: int = 0
    """Facts that a later one took the place of."""
    joined: int = 0
    """Facts that said what another one says, and went into it."""
    links: int = 0
    """Links that were written."""
    evolved: int = 0
    """New versions of notes beside new ones."""
    thinned: int = 0
    """Outlived facts of objects whose shape and look were let go of."""
    summaries: int = 0
    """Summaries that were written or written anew."""
    refused: int = 0
    """Pieces of work that the byte budget left no room for."""

    def __str__(self) -> str:
        text = (
            f"{self.looked} records looked at: {self.superseded} superseded, {self.joined} joined, "
            f"{self.links} links, {self.evolved} notes evolved, {self.summaries} summaries, "
            f"{self.thinned} outlived facts thinned"
        )
        return f"{text}; no room for {self.refused} pieces of work" if self.refused else text

    def note_settled(self, operations: Sequence[Operation]) -> None:
        """Counts what became of facts about one thing."""
        for each in operations:
            self.joined += isinstance(each, Delete)
            self.superseded += isinstance(each, Update) and "superseded_at" in each.changes
