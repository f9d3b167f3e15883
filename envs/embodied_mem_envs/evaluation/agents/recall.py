"""Who is compared in Recall: the same reader over what each of them kept."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol, final

import numpy as np

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.memory_folder import StoreConfig
from embodied_mem.brain.recall import (
    EventMemory,
    History,
    RecallAnswer,
    answer_recall,
    read_history,
)
from embodied_mem.brain.recall.facts import CARRY_TAG, STAY_TAG
from embodied_mem.brain.recall.going import go_to_first_place
from embodied_mem.errors import EvaluationError, unknown_name
from embodied_mem.memory import Filter, MemoryStore, Retriever
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import Agent, AgentMaker, AgentSetup
from embodied_mem_envs.evaluation.agents.recall_captions import Captions
from embodied_mem_envs.evaluation.agents.recall_frames import (
    FRAMES,
    EvenFrames,
    LastFrames,
    Seen,
    history_of,
    write_frames,
)
from embodied_mem_envs.evaluation.agents.recall_truth import true_history
from embodied_mem_envs.evaluation.elsewhere import stored_bytes
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance
from embodied_mem_envs.tasks.recall.episode import RecallEpisode

RECALL_AGENTS: Final[Mapping[str, str]] = {
    "ours": "the product: scene, carries and stays as records on two time axes",
    "last_frames": f"the last {FRAMES} pictures with poses and readings",
    "even_frames": f"{FRAMES} evenly spaced pictures with poses and readings",
    "captions": "captions with position and time, in ReMEmbR's manner",
    "no_memory": "the last picture alone",
    "oracle_memory": "ours with a perfect memory",
    "random": "any option, or any place where it has been",
}
"""One line on each agent; ours first."""


def recall_maker(name: str) -> AgentMaker:
    """Returns what makes an agent of `RECALL_AGENTS`.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in _MAKERS:
        raise unknown_name("agent", name, _MAKERS)
    return _MAKERS[name]


@final
class OwnRecallAgent:
    """The product: keeps events as they happen, and answers from the store on the disk."""

    def __init__(self, setup: AgentSetup) -> None:
        self._folder = setup.folder / "memory"
        config = MemoryConfig(allocator="value", store=StoreConfig(budget_bytes=setup.budget_bytes))
        self.memory = EventMemory(build_hippocampus(config, path=self._folder, seed=setup.seed))
        self._history: History | None = None

    def see(self, observation: Observation) -> None:
        """Takes in what it is shown."""
        self.memory.observe(observation)
        self._history = None

    def hear(self, utterance: Utterance) -> None:
        """Nothing that is said matters to this task."""

    def visit(self, visit: NewVisit) -> None:
        """Goes on with its memory."""
        self.memory.new_visit()

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Answers from what the folder holds; walks there where it is to."""
        if self._history is None:
            self.memory.consolidate()
            with MemoryStore.read(self._folder) as store:
                self._history = read_history(store)
        answer = answer_recall(ask.text, self._history)
        if ask.form == "stop" and body is not None:
            go_to_first_place(answer, body, self.memory, ask.max_ticks)
        return _reply(answer)

    def rankings(self, ask: Ask, k: int) -> dict[str, list[int]]:
        """Returns ticks of events, best first, by three ways to rank them.

        `retriever` is the product's; `recency` has the newest first, `popularity` those about what
        the most events are about.
        """
        store = self.memory.hippocampus.store
        events = [
            record
            for record in store.query(Filter(kind="event"), payload=False)
            if record.content.get("type") in (CARRY_TAG, STAY_TAG)
        ]
        ids = [record.id for record in events]
        found = Retriever(store).query(ask.text, k=k, filter=Filter(ids=ids))
        newest = sorted(events, key=lambda record: (-record.valid_from, record.id))
        often = {
            entity: sum(entity in record.about for record in events)
            for entity in {entity for record in events for entity in record.about}
        }
        popular = sorted(newest, key=lambda r: -max((often[e] for e in r.about), default=0))
        return {
            "retriever": [hit.citation.tick for hit in found.hits],
            "recency": [record.valid_from for record in newest[:k]],
            "popularity": [record.valid_from for record in popular[:k]],
        }

    def memory_bytes(self) -> int:
        """Returns what its folder takes."""
        return stored_bytes(self._folder)

    def close(self) -> None:
        """Closes the store; safe to call twice."""
        self.memory.hippocampus.store.close()


class _Frames(Protocol):
    """Keeps some pictures."""

    @property
    def kept(self) -> list[Seen]:
        """The pictures, oldest first."""

    def add(self, seen: Seen) -> None:
        """Takes a picture in."""


class _Reader:
    """Answers from a history that is made when the first ask comes."""

    def __init__(self, setup: AgentSetup) -> None:
        self.setup = setup
        self._visit = 0
        self._history: History | None = None

    def see(self, observation: Observation) -> None:
        """Keeps what it is shown, or some of it."""
        self._history = None

    def hear(self, utterance: Utterance) -> None:
        """Nothing that is said matters to this task."""

    def visit(self, visit: NewVisit) -> None:
        """Notes that another visit begins."""
        self._visit = visit.number

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Answers; it does not walk."""
        if self._history is None:
            self._history = self.remember()
        return _reply(answer_recall(ask.text, self._history))

    def remember(self) -> History:
        """Returns what it kept as a history."""
        return History()

    def memory_bytes(self) -> int:
        """Returns what its folder takes."""
        return stored_bytes(self.setup.folder)

    def close(self) -> None:
        """Has nothing to let go of."""


@final
class FramesAgent(_Reader):
    """Keeps some pictures and looks at them when asked."""

    def __init__(self, setup: AgentSetup, frames: _Frames) -> None:
        super().__init__(setup)
        self._frames = frames

    def see(self, observation: Observation) -> None:
        """Keeps it, or not."""
        super().see(observation)
        self._frames.add((self._visit, observation))

    def remember(self) -> History:
        """Reads the pictures in order."""
        return history_of(self._frames.kept, self.setup.seed)

    def memory_bytes(self) -> int:
        """Returns what the pictures take as files."""
        write_frames(self._frames.kept, self.setup.folder / "frames")
        return super().memory_bytes()


@final
class _OneFrame:
    """Keeps the last picture."""

    def __init__(self) -> None:
        self.kept: list[Seen] = []

    def add(self, seen: Seen) -> None:
        """Takes a picture in."""
        self.kept = [seen]


@final
class CaptionsAgent(_Reader):
    """Keeps captions."""

    def __init__(self, setup: AgentSetup) -> None:
        super().__init__(setup)
        self._captions = Captions()

    def see(self, observation: Observation) -> None:
        """Captions it together with its neighbours."""
        super().see(observation)
        self._captions.add(self._visit, observation)

    def remember(self) -> History:
        """Reads the captions."""
        return self._captions.history()

    def memory_bytes(self) -> int:
        """Returns what the captions take."""
        self._captions.write(self.setup.folder / "captions.json")
        return super().memory_bytes()


@final
class OracleRecallAgent(_Reader):
    """A bound: the reader over what truly happened."""

    def remember(self) -> History:
        """Asks the episode.

        Raises:
            EvaluationError: If it is not given the episode.
        """
        if not isinstance(self.setup.oracle, RecallEpisode):
            raise EvaluationError("oracle_memory needs the episode as AgentSetup.oracle")
        return true_history(self.setup.oracle)


@final
class RandomRecallAgent(_Reader):
    """Draws an option, or as many places as are wanted from all where it has been."""

    def __init__(self, setup: AgentSetup) -> None:
        super().__init__(setup)
        self._rng = np.random.default_rng([setup.seed, 167])
        self._been: list[tuple[float, float, float]] = []

    def see(self, observation: Observation) -> None:
        """Notes where it is."""
        x, y, z = observation.T_world_body[:3, 3].tolist()
        self._been.append((x, y, z))

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Draws."""
        if ask.form == "words":
            return Reply(choice=int(self._rng.integers(len(ask.options))))
        drawn = self._rng.integers(len(self._been), size=ask.places)
        return Reply(places=tuple(self._been[index] for index in drawn.tolist()))


def _reply(answer: RecallAnswer) -> Reply:
    return Reply(text=answer.text, answer=answer, places=answer.places)


def _of_frames(frames: Callable[[], _Frames]) -> AgentMaker:
    def make(setup: AgentSetup) -> Agent:
        return FramesAgent(setup, frames())

    return make


_MAKERS: Final[Mapping[str, AgentMaker]] = {
    "ours": OwnRecallAgent,
    "last_frames": _of_frames(LastFrames),
    "even_frames": _of_frames(EvenFrames),
    "captions": CaptionsAgent,
    "no_memory": _of_frames(_OneFrame),
    "oracle_memory": OracleRecallAgent,
    "random": RandomRecallAgent,
}
