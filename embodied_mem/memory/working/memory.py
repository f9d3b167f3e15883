"""Working memory: what a planner has before its eyes, under a hard cap of tokens.

Subgoals are chunks (HiAgent, Hu et al., 2024): the notes of the open ones are shown,
closed ones are one line each, and their details come back when they are asked for. Edits of the
context are actions of the planner (MemAct, Zhang et al., 2025): close, expand, collapse, prune and
pin. What is shown is only ever appended to, but for those edits and where room has to be made
(`compactions`), so that a server's prefix cache stays good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from embodied_mem.errors import ConfigError, WorkingMemoryError
from embodied_mem.memory.working.chunks import MOST_DETAILS, RUN, Archive, Chunk, Detail
from embodied_mem.memory.working.editing import CloseAndSummarise, Editor, View
from embodied_mem.memory.working.fitting import Fitting
from embodied_mem.memory.working.handles import Handle, HandleTable
from embodied_mem.memory.working.lines import Line, Role, TokenCount, is_pinned, total
from embodied_mem.memory.working.usage import Usage
from embodied_mem.models.tokens import estimate_tokens

_INDENT: Final = "  "
_GONE: Final = " (deleted)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of what a planner reads: one message, or a paragraph of one."""

    name: str
    """`head`, or the id of the outermost chunk that it shows; `run` for what lies in none."""
    text: str


@final
class WorkingMemory:
    """Chunks, notes and handles under a cap.

    Every edit is carried out as a whole or, on an error, not at all.

    Args:
        cap_tokens: What `render` may take at most, in tokens.
        count: Counts the tokens of a text.
        head: Text that stays at the top, such as the instruction; one line.
        handles: Where results are held; a fresh table without a store where it is left out.
        most_details: Notes of closed chunks that are kept to be expanded.
        editor: Chooses what goes out of view; where it is left out, closing a chunk leaves its
            summary alone.

    Raises:
        ConfigError: If the cap is not positive.
        WorkingMemoryError: If the head alone is over the cap.

    >>> memory = WorkingMemory(60, head="Put the mug away")
    >>> chunk = memory.open("find the mug")
    >>> note = memory.note("the mug is in the left drawer")
    >>> memory.close("found in the left drawer")
    'subgoal-1'
    >>> print(memory.text)
    Put the mug away
    subgoal-1 find the mug: found in the left drawer
    >>> memory.expand("subgoal-1")
    ('n1 the mug is in the left drawer',)
    """

    def __init__(
        self,
        cap_tokens: int,
        count: TokenCount = estimate_tokens,
        *,
        head: str = "",
        handles: HandleTable | None = None,
        most_details: int = MOST_DETAILS,
        editor: Editor | None = None,
    ) -> None:
        if cap_tokens < 1:
            raise ConfigError(f"cap_tokens is {cap_tokens}; expected 1 or more")
        self.cap = cap_tokens
        self.handles = handles or HandleTable()
        self.compactions = 0
        """How often room had to be made: what was rendered before changed then."""
        self.usage = Usage()
        """What was noted when, and used since; for an editor."""
        self._editor = editor or CloseAndSummarise()
        self._count = count
        self._archive = Archive(most_details)
        self._fitting = Fitting(
            cap=cap_tokens, count=count, goal_of=lambda chunk: self._archive.get(chunk).goal
        )
        self._pinned: set[str] = set()
        self._gone: set[str] = set()
        """Handles in view that are known to be gone."""
        self._subgoals = self._prunes = 0
        self._lines: list[Line] = []
        if head:
            self._show([self._line("", "fixed", RUN, head)], set())

    # -- what a planner reads -----------------------------------------------------------------

    @property
    def tokens(self) -> int:
        """Tokens set aside for what is shown: never over the cap."""
        return total(self._lines)

    @property
    def text(self) -> str:
        """All that is shown as one text."""
        return "\n".join(section.text for section in self.render())

    @property
    def current(self) -> str:
        """Id of the innermost open chunk; `run` where no subgoal is open."""
        return self._archive.current

    @property
    def pinned(self) -> frozenset[str]:
        """Ids of what is pinned."""
        return frozenset(self._pinned)

    def render(self) -> tuple[Section, ...]:
        """Returns what is shown, oldest first; joined by line ends it stays under the cap.

        Handles whose result was deleted since are marked first.
        """
        self._mark_gone()
        sections: list[tuple[str, list[str]]] = []
        for line in self._lines:
            name = "head" if line.role == "fixed" else self._archive.outermost(self._of(line))
            if not sections or sections[-1][0] != name:
                sections.append((name, []))
            sections[-1][1].append(line.text)
        return tuple(Section(name=name, text="\n".join(texts)) for name, texts in sections)

    def _of(self, line: Line) -> str:
        """Returns the chunk whose section shows a line."""
        return line.id if line.role == "summary" else line.chunk

    # -- the run ------------------------------------------------------------------------------

    def open(self, subgoal: str) -> str:
        """Begins a subgoal within the current one and returns its id.

        Raises:
            WorkingMemoryError: If there is no room for it.
        """
        goal = _one_line(subgoal)
        chunk = Chunk(id=f"subgoal-{self._subgoals + 1}", goal=goal, parent=self.current)
        depth = self._archive.depth_of(self.current)
        text = f"{_INDENT * depth}{chunk.id} {goal}:"
        head = Line(
            id=chunk.id, role="head", chunk=chunk.id, text=text, cost=self._count(text + "\n")
        )
        self._show([*self._lines, head], {chunk.id})
        self._archive.add(chunk)
        self._subgoals += 1
        return chunk.id

    def note(self, what: str | Handle, *, kind: str = "", about: str = "") -> str:
        """Adds a step, an observation or a handle to the current chunk and returns its id.

        Args:
            what: The note; a text becomes one line.
            kind: Which kind of note it is, such as one of `line_features.NOTE_KINDS`; an editor
                may go by it.
            about: What it is about; a newer note of the same kind about the same takes its place
                in what an editor knows.

        Raises:
            WorkingMemoryError: If there is no room for it.
        """
        handle = what.id if isinstance(what, Handle) else ""
        text = what.text if isinstance(what, Handle) else _one_line(what)
        number = self.usage.clock + 1
        detail = Detail(id=f"n{number}", text=text, handle=handle)
        line = self._note_line(detail, "note", self.current)
        line = replace(line, kind=kind, about=about, time=number)
        before = self.usage.noted(line)
        try:
            self._show([*self._lines, line], {detail.id})
        except WorkingMemoryError:
            self.usage.take_back(line, before)
            raise
        self._archive.note(detail)
        return detail.id

    def close(self, summary: str) -> str:
        """Ends the current chunk: one line is left of it, and what is pinned in it.

        Raises:
            WorkingMemoryError: If no subgoal is open, or there is no room for the summary.
        """
        if self.current == RUN:
            raise WorkingMemoryError("there is nothing to close: no subgoal is open")
        chunk, summary = self._archive.get(self.current), _one_line(summary)
        lines: list[Line] = []
        for line in self._lines:
            if not self._archive.within(line.chunk, chunk.id):
                lines.append(line)
            elif line.role == "head" and line.id == chunk.id:
                text = f"{chunk.id} {chunk.goal}: {summary}"
                lines.append(self._line(chunk.id, "summary", chunk.parent, text))
            elif self._editor.keeps_details:
                lines.append(line)
            elif is_pinned(line, self._pinned) and line.role != "head":
                lines.append(replace(line, chunk=chunk.parent))
        self._show(lines, {chunk.id})
        self._archive.close(summary)
        return chunk.id

    def cite(self, id: str) -> None:
        """Takes in that a note was used, for an editor to know.

        Raises:
            WorkingMemoryError: If no such note is shown.
        """
        line = next((x for x in self._lines if x.id == id and x.role == "note"), None)
        if line is None:
            raise WorkingMemoryError(f"{id} cannot be cited: it is no note that is shown")
        self.usage.cite(line)

    # -- edits --------------------------------------------------------------------------------

    def details(self, chunk_id: str) -> tuple[str, ...]:
        """Returns all that was noted in a chunk without showing it.

        Args:
            chunk_id: Of a chunk open or closed, of pruned lines, or of merged ones.

        Raises:
            ConfigError: If there is no such chunk.
            WorkingMemoryError: If its details are no longer kept.
        """
        return tuple(self._detail_text(detail) for detail in self._details(chunk_id))

    def expand(self, chunk_id: str) -> tuple[str, ...]:
        """Shows a chunk's details again, at the end of what is shown, and returns them.

        Raises:
            ConfigError: If there is no such chunk.
            WorkingMemoryError: If its details are no longer kept, or there is no room for them.
        """
        details = self._details(chunk_id)
        if not any(line.source == chunk_id for line in self._lines):
            title = self._line("", "detail", self.current, f"{chunk_id} in detail:")
            shown = [replace(title, source=chunk_id)]
            for detail in details:
                line = self._note_line(detail, "detail", self.current)
                shown.append(replace(line, source=chunk_id))
            self._show([*self._lines, *shown], {chunk_id})
        return tuple(self._detail_text(detail) for detail in details)

    def collapse(self, chunk_id: str) -> None:
        """Hides the details of an expanded chunk; single lines that are pinned stay."""
        self._details(chunk_id)
        self._lines = [x for x in self._lines if x.source != chunk_id or x.id in self._pinned]

    def prune(self, ids: Sequence[str], summary: str) -> str:
        """Puts one line in the place of notes and closed chunks; returns its id, to expand it.

        Raises:
            WorkingMemoryError: If one of them is not shown or pinned, or nothing is named.
        """
        wanted = dict.fromkeys(ids)
        shown = {x.id: x for x in self._lines if x.role in ("note", "summary")}
        for each in wanted:
            if each not in shown:
                raise WorkingMemoryError(f"{each} cannot be pruned: it is no note or summary shown")
            if each in self._pinned:
                raise WorkingMemoryError(f"{each} cannot be pruned: it is pinned")
        if not wanted:
            raise WorkingMemoryError("prune needs the id of a note or a closed chunk")
        first = next(line for line in self._lines if line.id in wanted and line.id in shown)
        chunk = Chunk(
            id=f"pruned-{self._prunes + 1}",
            goal=f"{len(wanted)} parts",
            parent=first.chunk,
            open=False,
            summary=_one_line(summary),
            details=[self._kept_detail(x) for x in shown.values() if x.id in wanted],
        )
        line = self._line(chunk.id, "summary", first.chunk, f"{chunk.id}: {chunk.summary}")
        lines = [
            line if x is first else x
            for x in self._lines
            if x is first or x.id not in wanted or x.role not in ("note", "summary")
        ]
        self._show(lines, {chunk.id})
        self._archive.add(chunk)
        self._prunes += 1
        return chunk.id

    def pin(self, id: str) -> None:
        """Keeps a note, or a chunk's summary and shown details, in view until it is unpinned.

        Raises:
            WorkingMemoryError: If no such line is shown.
        """
        if not id or not any(id in (line.id, line.source) for line in self._lines):
            raise WorkingMemoryError(f"{id} cannot be pinned: it is not shown; expand its chunk")
        self._pinned.add(id)

    def unpin(self, id: str) -> None:
        """Lets a line go again."""
        self._pinned.discard(id)

    # -- how it is done -----------------------------------------------------------------------

    def _show(self, lines: list[Line], kept: set[str]) -> None:
        """Takes over lines, made to fit."""
        fixed = frozenset(self._pinned | kept)
        view = View(
            cap=self.cap,
            fixed=fixed,
            usage=self.usage,
            current=self.current,
            goal=self._archive.get(self.current).goal,
            is_open=lambda chunk: self._archive.get(chunk).open,
        )
        edited = self._editor.edit(lines, view)
        fitted = self._fitting.fit(edited, self._pinned, kept)
        self.compactions += fitted is not lines
        self._lines = fitted

    def _line(self, id: str, role: Role, chunk: str, text: str) -> Line:
        text = _INDENT * self._archive.depth_of(chunk) + text
        return Line(id=id, role=role, chunk=chunk, text=text, cost=self._count(text + "\n"))

    def _note_line(self, detail: Detail, role: Role, chunk: str) -> Line:
        line = self._line(detail.id, role, chunk, self._detail_text(detail))
        if not detail.handle:
            return line
        gone = self._count(f"{line.text}{_GONE}\n")
        return replace(line, handle=detail.handle, cost=max(line.cost, gone))

    def _detail_text(self, detail: Detail) -> str:
        text = f"{detail.id} {detail.text}"
        return text + _GONE if detail.handle and self.handles.is_gone(detail.handle) else text

    def _details(self, chunk_id: str) -> list[Detail]:
        for line in self._lines:
            if line.role == "merged" and line.id == chunk_id:
                chunks = [self._archive.get(part) for part in line.parts]
                return [Detail(id=c.id, text=f"{c.goal}: {c.summary}") for c in chunks]
        chunk = self._archive.get(chunk_id)
        if chunk.forgotten and not chunk.details:
            raise WorkingMemoryError(f"the {chunk.forgotten} details of {chunk_id} were forgotten")
        return list(chunk.details)

    def _kept_detail(self, line: Line) -> Detail:
        """Returns what is kept of a line that is pruned."""
        text = line.text.strip().removeprefix(f"{line.id} ").removesuffix(_GONE)
        return Detail(id=line.id, text=text, handle=line.handle)

    def _mark_gone(self) -> None:
        """Says of the handles in view that lost their result that they did."""
        for index, line in enumerate(self._lines):
            if not line.handle or line.text.endswith(_GONE):
                continue
            if self.handles.is_gone(line.handle):
                self._lines[index] = replace(line, text=line.text + _GONE)


def _one_line(text: str) -> str:
    r"""Returns a text without line ends, so that none can pass for a line of another chunk.

    >>> _one_line(" two\n  lines ")
    'two lines'
    """
    return " ".join(text.split())
