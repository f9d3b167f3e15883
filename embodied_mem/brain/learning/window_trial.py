"""Hundreds of skills, and people who ask for them in other words than their helps use.

A planner stands between: it knows the language, that is, which words mean the same, and reads the
helps that it is shown. The window knows nothing of that table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.brain.plan.schema import Plan, Step, Task
from embodied_mem.brain.skill import Argument, Parameter, Skill, SkillLibrary, SkillSpec

_VERBS: Final = {
    "scrub": ("polish", "cleanse"),
    "carry": ("haul", "transport"),
    "stack": ("pile", "heap"),
    "slice": ("cut", "carve"),
    "stir": ("mix", "blend"),
    "rinse": ("wash", "flush"),
    "hang": ("suspend", "mount"),
    "fold": ("crease", "double"),
    "sort": ("arrange", "order"),
    "seal": ("shut", "plug"),
}
_OBJECTS: Final = {
    "mug": ("cup", "beaker"),
    "pan": ("skillet", "wok"),
    "towel": ("cloth", "rag"),
    "jar": ("pot", "crock"),
    "carton": ("box", "packet"),
    "bottle": ("flask", "vial"),
    "coat": ("jacket", "parka"),
    "loaf": ("bread", "bun"),
    "soup": ("broth", "stew"),
    "crate": ("chest", "case"),
    "leaflet": ("brochure", "flyer"),
    "dish": ("plate", "saucer"),
    "rug": ("carpet", "mat"),
    "pebble": ("stone", "rock"),
    "twig": ("stick", "branch"),
}
_TOOLS: Final = {
    "brush": ("bristles", "broom"),
    "tongs": ("pincers", "pliers"),
    "knife": ("blade", "cutter"),
    "ladle": ("dipper", "scoop"),
    "hook": ("peg", "claw"),
    "sponge": ("pad", "foam"),
    "tape": ("strip", "band"),
    "glove": ("mitten", "gauntlet"),
}
_WORDS: Final = (_VERBS, _OBJECTS, _TOOLS)
_HELPS: Final = (
    "{} a {} using a {} that is within reach.",
    "{} the named {}; a {} is taken up first and put back.",
    "{} one {} and stops at once where the {} meets too much force.",
)
_TASKS: Final = (
    "Please {} the {}, and take the {} for that.",
    "Could you {} that {} by means of a {}?",
    "I would like you to {} my {}; use the {}.",
)
Idea = tuple[str, str, str]
"""What a skill does, to what, with what: in words of the tables, whichever were used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """One task: how a person words it, and the skill that serves."""

    text: str
    skill: str


def make_library(rng: np.random.Generator, size: int) -> SkillLibrary:
    """Makes skills that differ in verb, object or tool, drawn from all combinations."""
    ideas = [(v, o, t) for v in _VERBS for o in _OBJECTS for t in _TOOLS]
    chosen = [ideas[n] for n in np.sort(rng.permutation(len(ideas))[:size])]
    specs = [_spec(idea, _HELPS[int(rng.integers(len(_HELPS)))]) for idea in chosen]
    return {spec.name: spec for spec in specs}


def make_wishes(rng: np.random.Generator, library: SkillLibrary, count: int) -> list[Wish]:
    """Words tasks for skills that are drawn: the verb never as the help has it, the rest at times.

    Object and tool are each called by another name in every second task.
    """
    names = list(library)
    wishes = []
    for _ in range(count):
        name = names[int(rng.integers(len(names)))]
        words = []
        for table, word, kept in zip(_WORDS, name.split("_"), (0.0, 0.5, 0.5), strict=True):
            others = table[word]
            words.append(word if rng.random() < kept else others[int(rng.integers(2))])
        wishes.append(Wish(text=_TASKS[int(rng.integers(len(_TASKS)))].format(*words), skill=name))
    return wishes


@final
class Planner:
    """Chooses a skill by its help, as a language model would: it knows which words mean the same.

    It knows a skill by the words of its help, never by its name, and takes none that does something
    else. Reading, it knows every word; searching, it does not think of each word for a thing.
    """

    def __init__(self, rng: np.random.Generator, recall: float = 0.7) -> None:
        self._rng = rng
        self._recall = recall
        self._meaning = {
            word: head for table in _WORDS for head, same in table.items() for word in (head, *same)
        }
        self._same = {
            word: (head, *same)
            for table in _WORDS
            for head, same in table.items()
            for word in (head, *same)
        }

    def choose(self, task: str, visible: SkillLibrary) -> str:
        """Returns the visible skill whose help means what the task does; empty if none does."""
        wanted = self._ideas(task)
        return next((n for n, spec in visible.items() if self._ideas(spec.help) == wanted), "")

    def query(self, task: str) -> str:
        """Words a search: the task's words that carry meaning, and some others for the same."""
        words = [word for word in _plain(task) if word in self._same]
        others = [same for word in words for same in self._same[word] if same not in words]
        return " ".join([*words, *(o for o in others if self._rng.random() < self._recall)])

    def plan(self, task: str, skill: str) -> Plan:
        """Returns a plan of one step."""
        step = Step(id="do", skill=skill)
        return Plan(instruction=task, root=Task(id="root", goal=task, children=(step,)))

    def _ideas(self, text: str) -> set[str]:
        return {self._meaning[word] for word in _plain(text) if word in self._meaning}


def _plain(text: str) -> Sequence[str]:
    return "".join(c if c.isalpha() else " " for c in text.lower()).split()


def _spec(idea: Idea, pattern: str) -> SkillSpec:
    text = pattern.format(*idea)
    strength = Parameter(type="number", help="Largest force, N.", default=8.0, low=0.0, high=40.0)

    def make(arguments: Mapping[str, Argument]) -> Skill[None]:
        raise NotImplementedError(f"{text} is planned with, never carried out: {arguments}")

    return SkillSpec(
        name="_".join(idea),
        help=text[0].upper() + text[1:],
        parameters={"force": strength},
        make=make,
    )
