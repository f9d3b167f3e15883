"""Bounds: ours with a perfect memory, and chance."""

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.seeking.seeker import Seeker, SeekerConfig
from embodied_mem.brain.seeking.target import Target
from embodied_mem.errors import EvaluationError
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation, UInt8Array
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.peers.kept import Place, Stored, Thing
from embodied_mem_envs.evaluation.agents.peers.look import Look
from embodied_mem_envs.evaluation.agents.peers.memory import PeerMemory
from embodied_mem_envs.evaluation.agents.peers.showing import store_of
from embodied_mem_envs.house import House
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance
from embodied_mem_envs.tasks.lifelong_nav.bounds import oracle_reply as walk_by_truth
from embodied_mem_envs.tasks.lifelong_nav.bounds import random_reply as stop_anywhere
from embodied_mem_envs.tasks.lifelong_nav.episode import LifelongNav
from embodied_mem_envs.tasks.question_answering.bounds import oracle_reply as answer_by_truth
from embodied_mem_envs.tasks.question_answering.bounds import random_reply as answer_anything
from embodied_mem_envs.tasks.question_answering.episode import QuestionAnswering

_REACH = 4.5
BoundReply = Callable[[LifelongNav | QuestionAnswering, Ask, np.random.Generator], Reply]


@final
class TrueThings:
    """Implements `KeptMemory` by the truth of a house as it is now."""

    def __init__(self, house: House) -> None:
        self._house = house

    def take_in(self, look: Look) -> None:
        """It knows everything already."""

    def new_visit(self) -> None:
        """It knows of that too."""

    def things(self) -> Sequence[Thing]:
        """Returns all things of the house."""
        return [
            Thing(
                id=thing.id,
                category=thing.category,
                colour=thing.colour,
                low=_corner(thing.box_min),
                high=_corner(thing.box_max),
                views=100,
                first_tick=0,
                last_tick=0,
                visit=self._house.visit,
            )
            for thing in self._house.objects
        ]

    def chosen(self, things: Sequence[Thing], target: Target) -> Sequence[Thing]:
        """Returns all."""
        return things

    def pictures(self) -> dict[int, UInt8Array]:
        """It needs none."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """It needs none."""
        return ()

    def stored(self) -> Stored:
        """Returns everything with the true rooms."""
        rooms = self._house.rooms
        kinds = [room.category for room in rooms]
        places = []
        for index, room in enumerate(rooms):
            number = f" {kinds[:index].count(room.category) + 1}"
            name = room.category + (number if kinds.count(room.category) > 1 else "")
            places.append(
                Place(
                    id=room.id,
                    category=room.category,
                    name=name,
                    centroid=room.centre,
                    area=room.area,
                    floor=room.floor,
                )
            )
        return Stored(
            things=tuple(self.things()),
            places=tuple(places),
            places_of={thing.id: thing.room for thing in self._house.objects},
        )


@final
class OracleMemoryAgent:
    """Walks, finds and answers as ours, with every thing and its place known.

    Its floor it must find as all do. It answers questions without walking.
    """

    def __init__(self, setup: AgentSetup) -> None:
        self._truth = TrueThings(_world(setup).house)
        self._memory = PeerMemory(self._truth, setup.folder / "memory", _REACH)
        self._seeker: Seeker | None = None

    def see(self, observation: Observation) -> None:
        """It knows everything already."""

    def hear(self, utterance: Utterance) -> None:
        """Nothing that is said matters to these tasks."""

    def visit(self, visit: NewVisit) -> None:
        """Goes on."""
        self._memory.new_visit()
        if self._seeker is not None:
            self._seeker.new_visit()

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Answers at once, or goes there."""
        if ask.form != "stop" or body is None:
            stored = self._truth.stored()
            answer = answer_question(ask.text, store_of(stored, stored.things))
            return Reply(text=answer.text, answer=answer)
        if self._seeker is None:
            legs, memory = Legs(body, self._memory), self._memory
            self._seeker = Seeker(legs, memory, memory.searched, SeekerConfig(blocks=False))
        found = self._seeker.find(ask.text, ask.max_ticks, ask.image)
        return Reply(text=found.name)

    def memory_bytes(self) -> int:
        """It keeps nothing of its own."""
        return 0

    def close(self) -> None:
        """Nothing is held open."""


@final
class BoundAgent:
    """Sees and keeps nothing: a function of the true episode replies."""

    def __init__(self, setup: AgentSetup, reply: BoundReply) -> None:
        _world(setup)
        self._episode: LifelongNav | QuestionAnswering = setup.oracle
        self._reply = reply
        self._rng = np.random.default_rng([setup.seed, 71])

    def see(self, observation: Observation) -> None:
        """Looks at nothing."""

    def hear(self, utterance: Utterance) -> None:
        """Hears nothing."""

    def visit(self, visit: NewVisit) -> None:
        """Notices nothing."""

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Replies by the truth or by chance."""
        return self._reply(self._episode, ask, self._rng)

    def memory_bytes(self) -> int:
        """It has none."""
        return 0

    def close(self) -> None:
        """Nothing is held open."""


def _by_truth(
    episode: LifelongNav | QuestionAnswering, ask: Ask, rng: np.random.Generator
) -> Reply:
    if isinstance(episode, LifelongNav):
        return walk_by_truth(episode, ask)
    return answer_by_truth(episode, ask)


def _by_chance(
    episode: LifelongNav | QuestionAnswering, ask: Ask, rng: np.random.Generator
) -> Reply:
    if isinstance(episode, LifelongNav):
        return stop_anywhere(episode, ask, rng)
    return answer_anything(ask, rng)


def oracle_memory(setup: AgentSetup) -> OracleMemoryAgent:
    """Makes the upper bound of memory: what ours does that knows where everything is."""
    return OracleMemoryAgent(setup)


def oracle_bound(setup: AgentSetup) -> BoundAgent:
    """Makes the upper bound of the task itself: the true answer, the shortest way."""
    return BoundAgent(setup, _by_truth)


def random_agent(setup: AgentSetup) -> BoundAgent:
    """Makes the lower bound."""
    return BoundAgent(setup, _by_chance)


def _world(setup: AgentSetup) -> Any:
    """Returns the true world of the episode.

    Raises:
        EvaluationError: If the evaluation did not hand the episode over.
    """
    if not isinstance(setup.oracle, LifelongNav | QuestionAnswering):
        raise EvaluationError("a bound needs the episode as `AgentSetup.oracle`")
    return setup.oracle.world


def _corner(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return (x, y, z)
