"""Agents for label expansion: rules that decide what a small buffer keeps of a stream."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol, final

import msgspec
import numpy as np

from embodied_mem.allocation.rules.label_quota import LabelQuota
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import AgentMaker, AgentSetup
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance
from embodied_mem_envs.tasks.label_expansion.episode import Told
from embodied_mem_envs.tasks.label_expansion.tree import Path


class KeepRule(Protocol):
    """Decides what makes room in a full buffer."""

    def meet(self, label: Path) -> None:
        """Hears the label of everything that is shown."""

    def choose(self, held: list[Path], candidate: Path, rng: np.random.Generator) -> int | None:
        """Returns the slot that the candidate takes, or None to leave it."""


@final
class Fifo:
    """The oldest goes."""

    def __init__(self) -> None:
        self._next = 0

    def meet(self, label: Path) -> None:
        """Has no use for labels."""

    def choose(self, held: list[Path], candidate: Path, rng: np.random.Generator) -> int | None:
        """Returns one slot after the other."""
        self._next += 1
        return (self._next - 1) % len(held)


@final
class AnySlot:
    """Any goes."""

    def meet(self, label: Path) -> None:
        """Has no use for labels."""

    def choose(self, held: list[Path], candidate: Path, rng: np.random.Generator) -> int | None:
        """Returns any slot."""
        return int(rng.integers(len(held)))


@final
class Reservoir:
    """A uniform sample of all that was shown: Vitter's algorithm R (ACM TOMS 11(1), 1985)."""

    def __init__(self) -> None:
        self._met = 0

    def meet(self, label: Path) -> None:
        """Counts."""
        self._met += 1

    def choose(self, held: list[Path], candidate: Path, rng: np.random.Generator) -> int | None:
        """Returns a slot by chance."""
        drawn = int(rng.integers(self._met))
        return drawn if drawn < len(held) else None


@final
class Keeper:
    """Fills its buffer, and then lets a rule decide.

    Args:
        rule: Decides.
        seed: Of its chance.
    """

    def __init__(self, rule: KeepRule, seed: int) -> None:
        self._rule = rule
        self._rng = np.random.default_rng([seed, 67])
        self._held: list[Path] = []

    def see(self, observation: Observation) -> None:
        """Is shown nothing but the crops of the asks."""

    def hear(self, utterance: Utterance) -> None:
        """Is told nothing else."""

    def visit(self, visit: NewVisit) -> None:
        """There is only one visit."""

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Chooses a slot, or leaves the crop."""
        told = msgspec.json.decode(ask.text, type=Told)
        self._rule.meet(told.label)
        if len(self._held) < told.slots:
            self._held.append(told.label)
            return Reply(choice=len(self._held))
        slot = self._rule.choose(self._held, told.label, self._rng)
        if slot is None:
            return Reply(choice=0)
        self._held[slot] = told.label
        return Reply(choice=slot + 1)

    def memory_bytes(self) -> int:
        """Returns the bytes of the labels of its slots; the crops lie in the task's buffer."""
        return sum(len("/".join(label).encode()) for label in self._held)

    def close(self) -> None:
        """Has nothing to let go of."""


_RULES: Final[Mapping[str, Callable[[], KeepRule]]] = {
    "hierarchy": partial(LabelQuota, "depth,label"),
    "class_balanced": partial(LabelQuota, "label"),
    "reservoir": Reservoir,
    "fifo": Fifo,
    "random": AnySlot,
}


def _keeper(rule: str, setup: AgentSetup) -> Keeper:
    return Keeper(_RULES[rule](), setup.seed)


MAKERS: Final[Mapping[str, AgentMaker]] = {name: partial(_keeper, name) for name in _RULES}
"""By name."""
AGENTS: Final[Mapping[str, str]] = {
    "hierarchy": "ours: quotas for branches of labels, then for labels (`LabelQuota`)",
    "class_balanced": "as many of each label as was told (CBRS)",
    "reservoir": "a uniform sample of the stream",
    "fifo": "the last ones",
    "random": "every crop takes the place of any other",
}
