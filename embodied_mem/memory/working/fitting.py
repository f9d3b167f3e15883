"""Bringing a working memory under its cap: what goes by itself, and in which order.

First the closed chunks that are shown again, oldest first; then summaries are merged, oldest
first; then the notes of open chunks are folded, oldest first. Nothing of it is lost: `expand`
shows it again. Pinned lines stay. Each of the three frees a little more than is needed, so that it
is done rarely; the next is done only where it is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, final

from embodied_mem.errors import WorkingMemoryError
from embodied_mem.memory.working.lines import Line, TokenCount, is_pinned, total

LOW_WATER: Final = 0.8
"""Share of the cap that is left taken when room is made, so that it is made rarely."""
_MERGED_SHARE: Final = 8
"""One part in so many of the cap that the goals of merged chunks may take."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Fitting:
    """Makes room among lines."""

    cap: int
    count: TokenCount
    goal_of: Callable[[str], str]
    """Tells the goal of a chunk."""

    def fit(self, lines: list[Line], pinned: set[str], kept: set[str]) -> list[Line]:
        """Returns the lines as they are where they fit, else fewer of them.

        Args:
            lines: What is to be shown.
            pinned: Ids that stay.
            kept: Ids that stay this time, such as that of the newest note.

        Raises:
            WorkingMemoryError: If what has to stay is over the cap; it says what is pinned.
        """
        if total(lines) <= self.cap:
            return lines
        fixed = pinned | kept
        target = int(LOW_WATER * self.cap)
        for make_room in (drop_details, self._merge, self._fold):
            lines = make_room(lines, fixed, target)
            if total(lines) <= self.cap:
                return lines
        raise WorkingMemoryError(self._complaint(lines, pinned))

    def _merge(self, lines: list[Line], fixed: set[str], target: int) -> list[Line]:
        """Merges the oldest summaries of one chunk until enough is free."""
        while total(lines) > target:
            shorter = self._merge_once(lines, fixed)
            if shorter is None:
                return lines
            lines = shorter
        return lines

    def _merge_once(self, lines: list[Line], fixed: set[str]) -> list[Line] | None:
        """Merges the two oldest lines of closed chunks that are shorter as one."""
        first: dict[str, int] = {}
        for index, line in enumerate(lines):
            if line.role not in ("summary", "merged") or is_pinned(line, fixed):
                continue
            before = first.setdefault(line.chunk, index)
            if before == index:
                continue
            merged = self._merged(lines[before], line)
            if merged.cost < lines[before].cost + line.cost:
                return [*lines[:before], merged, *lines[before + 1 : index], *lines[index + 1 :]]
            first[line.chunk] = index
        return None

    def _merged(self, one: Line, other: Line) -> Line:
        parts = (*(one.parts or (one.id,)), *(other.parts or (other.id,)))
        room = max(self.cap // _MERGED_SHARE, 1)
        for skipped in range(len(parts) + 1):
            text = self._merged_text(parts, skipped)
            cost = self.count(text + "\n")
            if cost <= room:
                break
        return replace(
            one, id=f"from-{parts[0]}", role="merged", text=text, cost=cost, parts=parts, handle=""
        )

    def _merged_text(self, parts: tuple[str, ...], skipped: int) -> str:
        goals = "; ".join(f"{part} {self.goal_of(part)}" for part in parts[skipped:])
        return f"from-{parts[0]} closed {len(parts)}" + (f": {goals}" if goals else "")

    def _fold(self, lines: list[Line], fixed: set[str], target: int) -> list[Line]:
        """Takes the oldest notes of open chunks out of sight until enough is free."""
        lines = list(lines)
        index = 0
        while index < len(lines) and total(lines) > target:
            line = lines[index]
            if line.role != "note" or is_pinned(line, fixed):
                index += 1
                continue
            index = self._fold_at(lines, index)
        return lines

    def _fold_at(self, lines: list[Line], index: int) -> int:
        """Folds one note and returns where to go on."""
        note = lines[index]
        where = next(
            (n for n, x in enumerate(lines) if x.role == "folded" and x.chunk == note.chunk), None
        )
        hidden = (note.id,) if where is None else (*lines[where].parts, note.id)
        text = f"{len(hidden)} notes of {note.chunk} folded"
        folded = replace(
            note,
            id="",
            role="folded",
            text=text,
            cost=self.count(text + "\n"),
            parts=hidden,
            handle="",
        )
        if where is None:
            lines[index] = folded
            return index + 1
        lines[where] = folded
        del lines[index]
        return index

    def _complaint(self, lines: list[Line], pinned: set[str]) -> str:
        stays = [line for line in lines if is_pinned(line, pinned)]
        names = ", ".join(dict.fromkeys(line.id or line.source for line in stays))
        fixed = total([line for line in lines if line.role in ("fixed", "head")])
        return (
            f"a cap of {self.cap} tokens is too small: {total(lines)} are needed, {fixed} of them "
            f"for the head and open subgoals and {total(stays)} for what is pinned "
            f"({names or 'nothing'}); unpin or shorten something"
        )


def drop_details(lines: list[Line], fixed: set[str], target: int) -> list[Line]:
    """Hides chunks that are shown again, those that were expanded first before the others."""
    sources = [x.source for x in lines if x.role == "detail" and not is_pinned(x, fixed)]
    for source in dict.fromkeys(sources):
        if total(lines) <= target:
            break
        lines = [x for x in lines if x.source != source or is_pinned(x, fixed)]
    return lines
