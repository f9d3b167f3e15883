"""The skill window: of hundreds of skills a planner sees a few.

After MemTool (Lumer et al., 2025), with its three modes. In `autonomous` mode the planner searches,
adds and removes by itself. In `workflow` mode nothing is left to it: what a task does not need goes
and what it seems to need comes, before it is asked. In `hybrid` mode what is not needed goes by
itself, and the planner adds.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, Literal, final

from embodied_mem.brain.learning.help_search import HelpSearch
from embodied_mem.brain.plan.schema import Node, Plan, Step
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.errors import ConfigError, unknown_name

Mode = Literal["autonomous", "workflow", "hybrid"]
MODES: Final[tuple[Mode, ...]] = ("autonomous", "workflow", "hybrid")
_REMEMBERED: Final = 64
"""Tasks of which it is remembered how many skills came and went."""


@final
class SkillWindow:
    """What a planner sees of a library.

    Args:
        library: All skills.
        mode: Who moves the window: the planner, the task, or both.
        most: Skills that are visible at once, at most.
        always: Skills that are always visible, such as those that only look; they count too.

    Raises:
        ConfigError: If the mode or a skill is unknown, or more are always visible than fit.
    """

    def __init__(
        self,
        library: SkillLibrary,
        mode: Mode = "hybrid",
        most: int = 12,
        *,
        always: Sequence[str] = (),
    ) -> None:
        if mode not in MODES:
            raise unknown_name("mode of a skill window", mode, MODES)
        self.mode = mode
        self.most = most
        self._library = library
        self._always = tuple(dict.fromkeys(self._known(always)))
        if not len(self._always) < most:
            raise ConfigError(
                f"{len(self._always)} skills are always visible; most is {most} and must be more"
            )
        self._search = HelpSearch(library)
        self._visible: dict[str, None] = dict.fromkeys(self._always)
        self._moves: deque[list[int]] = deque([[0, 0]], maxlen=_REMEMBERED)
        """Of each task, the newest last: skills added and removed."""

    @property
    def visible(self) -> SkillLibrary:
        """The skills that the planner sees, those that came last at the end."""
        return {name: self._library[name] for name in self._visible}

    def search(self, text: str, most: int | None = None) -> tuple[str, ...]:
        """Returns the names of the skills whose help fits a text best, visible or not."""
        return tuple(self._search.find(text, self.most if most is None else most))

    def begin(self, task: str) -> None:
        """Hears what the next task is.

        In `workflow` and `hybrid` mode, what does not fit it goes, and what fits it comes; in
        `autonomous` mode nothing happens.
        """
        self._moves.append([0, 0])
        if len(self._library) <= self.most:
            self._show(list(self._library))  # there is nothing to choose
        elif self.mode != "autonomous":
            self._show(self.search(task, self.most - len(self._always)))

    def follow(self, plan: Plan) -> None:
        """Shows the skills that a plan uses, and in `workflow` mode no others.

        Raises:
            ConfigError: If one is unknown, or they are more than fit.
        """
        needed = self._known(dict.fromkeys(_skills(plan.root)))
        missing = [name for name in needed if name not in self._always]
        if len(missing) > self.most - len(self._always):
            raise ConfigError(f"the plan uses {len(missing)} skills; {self.most} fit")
        if self.mode == "workflow":
            self._show(missing)
        else:
            self._make_room(missing)
            self._put(missing)

    def add(self, names: Sequence[str]) -> None:
        """Makes skills visible, as the planner wishes.

        In `hybrid` mode those that have been visible for longest make room.

        Raises:
            ConfigError: If one is unknown, they do not fit, or the mode is `workflow`.
        """
        self._check_may("add")
        new = [name for name in dict.fromkeys(self._known(names)) if name not in self._visible]
        if self.mode == "hybrid":
            self._make_room(names)
        free = self.most - len(self._visible)
        if len(new) > free:
            raise ConfigError(f"there is room for {free} more skills, not {len(new)}; remove some")
        self._put(new)

    def remove(self, names: Sequence[str]) -> None:
        """Makes skills invisible, as the planner wishes; those that are always visible stay.

        Raises:
            ConfigError: If one is unknown, or the mode is `workflow`.
        """
        self._check_may("remove")
        known = dict.fromkeys(self._known(names))
        self._take([name for name in known if name in self._visible])

    def learn(self, task: str, plan: Plan) -> None:
        """Hears that a plan did what a task asked for, and how the task was worded."""
        for name in self._known(dict.fromkeys(_skills(plan.root))):
            self._search.learn(task, name)

    def removal_ratio(self, tasks: int = 3) -> float:
        """Returns how many skills were removed for each that was added, over the latest tasks.

        1 where none was added. The measure of MemTool: a window that is never cleaned has
        0.
        """
        moves = list(self._moves)[-tasks:]
        added = sum(each[0] for each in moves)
        return sum(each[1] for each in moves) / added if added else 1.0

    def _show(self, names: Sequence[str]) -> None:
        """Makes exactly these visible, beside those that always are."""
        self._take([name for name in self._visible if name not in names])
        self._put(names)

    def _make_room(self, names: Sequence[str]) -> None:
        """Takes what has been visible for longest, so that others fit."""
        missing = len([name for name in dict.fromkeys(names) if name not in self._visible])
        over = len(self._visible) + missing - self.most
        old = [n for n in self._visible if n not in self._always and n not in names]
        self._take(old[: max(over, 0)])

    def _put(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._visible:
                self._visible[name] = None
                self._moves[-1][0] += 1

    def _take(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._always:
                del self._visible[name]
                self._moves[-1][1] += 1

    def _known(self, names: Iterable[str]) -> list[str]:
        wanted = list(names)
        for name in wanted:
            if name not in self._library:
                raise unknown_name("skill", name, self._library)
        return wanted

    def _check_may(self, action: str) -> None:
        if self.mode == "workflow":
            raise ConfigError(f"a planner may not {action} skills in workflow mode")


def _skills(node: Node) -> list[str]:
    if isinstance(node, Step):
        return [node.skill]
    return [skill for child in node.children for skill in _skills(child)]
