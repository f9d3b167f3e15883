"""What a skill window saves, and what it costs: the figures of `embodied-mem bench brain`."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from embodied_mem.brain.learning.skill_window import MODES, Mode, SkillWindow
from embodied_mem.brain.learning.window_trial import Planner, Wish, make_library, make_wishes
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.models.tokens import estimate_tokens

MOST: Final = 12
_ADDED: Final = 6
"""Skills that the planner adds after a search."""
_SEARCHES: Final = 3
"""Times that it searches, in other words each time."""


@dataclass(kw_only=True, slots=True)
class _Run:
    """What was seen in one mode."""

    served: list[bool] = field(default_factory=list)
    visible: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    removal: list[float] = field(default_factory=list)


def skill_window_figures(seed: int, *, skills: int = 200, tasks: int = 100) -> dict[str, float]:
    """Serves tasks one after another in each mode, and with all skills visible.

    A task is served where the planner finds the one skill that does what is asked for among those
    that it sees. Tasks are worded by a table of synonyms that the window never reads; the planner
    knows it, as a language model would, and in `autonomous` and `hybrid` mode words searches
    with it. In `workflow` mode the window has the task's own words, and what those turned out to
    mean in earlier tasks.

    Args:
        seed: Of the skills and the tasks.
        skills: In the library.
        tasks: One after another.

    Returns:
        For each mode `skill_window_success_<mode>`, `skill_window_tokens_ratio_<mode>` (of the
        helps that are visible to all helps) and `skill_window_removal_<mode>` (mean over the tasks
        of the removal ratio over three); `skill_window_success_all`; `skill_window_most_visible`
        over all modes; `skill_window_success_gap`: of the default mode, hybrid, in points.
    """
    rng = np.random.default_rng([seed, skills, tasks])
    library = make_library(rng, skills)
    wishes = make_wishes(rng, library, tasks)
    planner = Planner(rng)
    everything = [planner.choose(wish.text, library) == wish.skill for wish in wishes]
    figures = {"skill_window_success_all": float(np.mean(everything))}
    most = 0
    for mode in MODES:
        run = _serve(mode, library, wishes, planner)
        most = max(most, *run.visible)
        figures[f"skill_window_success_{mode}"] = float(np.mean(run.served))
        figures[f"skill_window_tokens_ratio_{mode}"] = float(
            np.mean(run.tokens) / _help_tokens(library)
        )
        figures[f"skill_window_removal_{mode}"] = float(np.mean(run.removal))
    figures["skill_window_most_visible"] = float(most)
    figures["skill_window_success_gap"] = 100.0 * (
        figures["skill_window_success_all"] - figures["skill_window_success_hybrid"]
    )
    return figures


def _serve(mode: Mode, library: SkillLibrary, wishes: list[Wish], planner: Planner) -> _Run:
    window = SkillWindow(library, mode, MOST)
    run = _Run()
    for wish in wishes:
        window.begin(wish.text)
        chosen = _choose(window, wish, planner, run)
        run.served.append(chosen == wish.skill)
        run.removal.append(window.removal_ratio())
        if chosen:
            window.learn(wish.text, planner.plan(wish.text, chosen))
    return run


def _choose(window: SkillWindow, wish: Wish, planner: Planner, run: _Run) -> str:
    """Lets the planner choose, and where it may, search and choose again."""
    chosen = planner.choose(wish.text, _seen(window, run))
    for _ in range(0 if window.mode == "workflow" else _SEARCHES):
        if chosen:
            break
        found = window.search(planner.query(wish.text), _ADDED)
        if window.mode == "autonomous":
            window.remove([name for name in window.visible if name not in found])
        window.add(found)
        chosen = planner.choose(wish.text, _seen(window, run))
    return chosen


def _seen(window: SkillWindow, run: _Run) -> SkillLibrary:
    """Returns what the planner sees, and notes how much that is."""
    visible = window.visible
    run.visible.append(len(visible))
    run.tokens.append(_help_tokens(visible))
    return visible


def _help_tokens(library: SkillLibrary) -> int:
    return sum(estimate_tokens(f"{name}: {spec.help}") for name, spec in library.items())
