"""Our agent: the product's hippocampus and seeker, nothing more."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.language.answers import answer_question
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.seeking.own_memory import OwnMemory
from embodied_mem.brain.seeking.search import SearchConfig
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.seeking.seeker import Seeker, SeekerConfig
from embodied_mem.memory import MemoryStore
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.peers.agent import PeerAgent
from embodied_mem_envs.evaluation.elsewhere import Answerer, answer_elsewhere, stored_bytes
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance

SIDE = "embodied_mem_envs.evaluation.agents.own:open_memory"


def open_memory(folder: Path, options: Mapping[str, Any]) -> Answerer:
    """Opens the store that our agent left; answers by the product's answerer."""
    store = MemoryStore.read(folder / "own.mem")

    def answer(ask: Ask) -> Reply:
        found = answer_question(ask.text, store)
        return Reply(text=found.text, answer=found, model_calls=1)

    return answer


@final
class OwnAgent:
    """Lives with a hippocampus that keeps its memory in the agent's folder."""

    def __init__(
        self, setup: AgentSetup, config: SeekerConfig | None = None, *, forgets: bool = False
    ) -> None:
        self._setup = setup
        self._config = config
        self._forgets = forgets
        self._memory = setup.folder / "own.mem"
        self._begin()

    def _begin(self) -> None:
        """Starts with an empty memory."""
        self._searched = Searched()
        self._hippocampus = build_hippocampus(
            MemoryConfig(allocator="value"), seed=self._setup.seed
        )
        self.memory = OwnMemory(self._hippocampus, self._searched)
        self._seeker: Seeker | None = None
        self._open = True

    def see(self, observation: Observation) -> None:
        """Takes in what it is shown."""
        self.memory.observe(observation)

    def hear(self, utterance: Utterance) -> None:
        """Nothing that is said matters to these tasks."""

    def visit(self, visit: NewVisit) -> None:
        """Goes on with its memory; what was not seen since may have moved."""
        self.memory.new_visit()
        if self._seeker is not None:
            self._seeker.new_visit()

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Goes there, or looks into the question and lets a new process answer."""
        if self._forgets:
            self._hippocampus.store.close()
            self._begin()
        if ask.form == "stop":
            return self._go(ask, body)
        if body is not None:
            self._look_into(ask, body)
        return self._answer(ask)

    def memory_bytes(self) -> int:
        """What the memory takes as a file, all of it."""
        if self._open:
            self._save()
        return stored_bytes(self._memory)

    def close(self) -> None:
        """Closes the store."""
        if self._open:
            self._open = False
            self._hippocampus.store.close()

    def _go(self, ask: Ask, body: Body | None) -> Reply:
        if body is None:
            return Reply()
        found = self._seeker_of(body).find(ask.text, ask.max_ticks, ask.image)
        return Reply(text=found.name or "not found", model_calls=1)

    def _look_into(self, ask: Ask, body: Body) -> None:
        self._seeker_of(body).look_into(ask.text, ask.max_ticks)

    def _answer(self, ask: Ask) -> Reply:
        self._save()
        return answer_elsewhere(self._memory, SIDE, [ask], budget_bytes=self._setup.budget_bytes)[0]

    def _save(self) -> None:
        self._hippocampus.save(self._memory)

    def _seeker_of(self, body: Body) -> Seeker:
        if self._seeker is None:
            legs = Legs(body, self.memory)
            self._seeker = Seeker(legs, self.memory, self._searched, self._config)
        return self._seeker


def ours(setup: AgentSetup) -> OwnAgent:
    """Makes our agent."""
    return OwnAgent(setup)


def nearest_frontier(setup: AgentSetup) -> OwnAgent:
    """Makes our agent with the classic exploration."""
    return OwnAgent(setup, SeekerConfig(blocks=False, search=SearchConfig(nearest=True)))


def no_memory(setup: AgentSetup) -> OwnAgent | PeerAgent:
    """Makes our agent without a memory: each ask finds it as on its first day.

    A question is answered from the last picture alone.
    """
    if setup.options.get("answers", False):
        return PeerAgent(setup, "last_frame", forgets=True)
    return OwnAgent(setup, forgets=True)
