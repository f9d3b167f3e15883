"""Agents for hidden rules: one scientist with different memories, and one that only guesses."""

import re
from collections.abc import Mapping
from typing import Final, final

import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import AgentMaker, AgentSetup
from embodied_mem_envs.evaluation.agents.hidden_rule_evidence import Evidence
from embodied_mem_envs.evaluation.agents.hidden_rule_experiments import Experimenter
from embodied_mem_envs.evaluation.agents.hidden_rule_hypotheses import Hypotheses
from embodied_mem_envs.evaluation.agents.hidden_rule_memory import (
    CallMemory,
    StoreMemory,
    WindowMemory,
)
from embodied_mem_envs.evaluation.agents.hidden_rule_vocabulary import Vocabulary
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance
from embodied_mem_envs.tasks.hidden_rule.briefing import Briefing, read_briefing
from embodied_mem_envs.tasks.hidden_rule.calls import Call, decode_outcome, encode_call
from embodied_mem_envs.tasks.hidden_rule.draw import draw_rule
from embodied_mem_envs.tasks.hidden_rule.grammar import Grammar

WINDOW: Final = 40
"""Calls that the scientist without a store remembers."""
_ENOUGH: Final = 0.01
"""Where no plan promises so many bits a call, there is nothing left to find out."""
_PATIENCE: Final = 12
"""So often in a row, before the scientist stops: plans are drawn by chance."""
_TRIGGER: Final = re.compile("`(.+)`")


@final
class Scientist:
    """Finds rules by elimination, with experiments that tell most about what is still open.

    Whenever a plan is done it recalls all that its memory still has, works out from that alone
    which rules of the grammar are possible, and plans the next calls. Nothing that it concluded is
    kept: what the memory does not give back has to be found out again.

    Args:
        memory: Keeps what was observed, and nothing else does.
        seed: Of its own chance.
    """

    def __init__(self, memory: CallMemory, seed: int) -> None:
        self._memory = memory
        self._rng = np.random.default_rng([seed, 47])
        self._told: Briefing | None = None
        self._grammar: dict[str, Vocabulary] = {}
        self._plan: list[Call] = []
        self._idle = 0

    def see(self, observation: Observation) -> None:
        """Has no use for pictures."""

    def hear(self, utterance: Utterance) -> None:
        """Reads the briefing, which stays before its eyes."""
        self._told = read_briefing(utterance.text)
        grammar = Grammar(rooms=self._told.map)
        self._grammar = {each: Vocabulary(grammar, each) for each in self._told.triggers}

    def visit(self, visit: NewVisit) -> None:
        """There is only one visit."""

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Makes the next call of its plan, or tells a rule."""
        if ask.kind == "rule":
            return self._tell(ask)
        outcome = decode_outcome(ask.text)
        self._memory.add(outcome)
        if outcome.error:
            self._plan = []
        if not self._plan:
            self._plan = self._think()
        return Reply(text=encode_call(self._plan.pop(0)))

    def memory_bytes(self) -> int:
        """Returns what its memory takes."""
        return self._memory.memory_bytes()

    def close(self) -> None:
        """Closes the memory."""
        self._memory.close()

    def _think(self) -> list[Call]:
        briefing = self._briefing
        evidence = Evidence(briefing.map, self._memory.recall())
        open_ = {each: Hypotheses(own, evidence.cases) for each, own in self._grammar.items()}
        calls, gain = Experimenter(evidence, open_, self._rng).choose()
        self._idle = self._idle + 1 if gain < _ENOUGH else 0
        return [Call(tool="submit")] if self._idle >= _PATIENCE else calls

    def _tell(self, ask: Ask) -> Reply:
        found = _TRIGGER.search(ask.text)
        if found is None:
            raise EvaluationError(f"the ask {ask.text!r} names no trigger")
        briefing = self._briefing
        evidence = Evidence(briefing.map, self._memory.recall())
        hypotheses = Hypotheses(self._grammar[found[1]], evidence.cases)
        return Reply(text=hypotheses.answer(self._rng).text)

    @property
    def _briefing(self) -> Briefing:
        if self._told is None:
            raise EvaluationError("the scientist was not briefed")
        return self._told


@final
class Guesser:
    """Makes random calls and tells rules drawn as the hidden ones are; remembers nothing."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 53])
        self._told: Briefing | None = None

    def see(self, observation: Observation) -> None:
        """Has no use for pictures."""

    def hear(self, utterance: Utterance) -> None:
        """Reads the briefing."""
        self._told = read_briefing(utterance.text)

    def visit(self, visit: NewVisit) -> None:
        """There is only one visit."""

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Makes any call, or tells any rule of the trigger."""
        if self._told is None:
            raise EvaluationError("the guesser was not briefed")
        rooms = self._told.map
        if ask.kind == "rule":
            found = _TRIGGER.search(ask.text)
            trigger = self._told.triggers[0] if found is None else found[1]
            return Reply(text=draw_rule(Grammar(rooms=rooms), trigger, self._rng).text)
        calls = (
            *(Call(tool="move", target=name) for name in rooms.names),
            *(Call(tool="activate", target=kind) for kind in rooms.kinds),
            Call(tool="rest"),
        )
        return Reply(text=encode_call(calls[int(self._rng.integers(len(calls)))]))

    def memory_bytes(self) -> int:
        """Returns 0."""
        return 0

    def close(self) -> None:
        """Has nothing to let go of."""


def _scientist(setup: AgentSetup) -> Scientist:
    memory = StoreMemory(setup.folder / "memory", setup.seed, setup.budget_bytes)
    return Scientist(memory, setup.seed)


def _windowed(setup: AgentSetup) -> Scientist:
    return Scientist(WindowMemory(int(setup.options.get("window", WINDOW))), setup.seed)


def _guesser(setup: AgentSetup) -> Guesser:
    return Guesser(setup.seed)


MAKERS: Final[Mapping[str, AgentMaker]] = {
    "scientist": _scientist,
    "window": _windowed,
    "random": _guesser,
}
"""By name."""
AGENTS: Final[Mapping[str, str]] = {
    "scientist": "elimination by experiments; every call is kept in our store",
    "window": "the same scientist, which remembers only its last calls",
    "random": "random calls, and rules drawn as the hidden ones are",
}
