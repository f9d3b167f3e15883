"""An agent that lives with a peer's memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.brain.language.questions import parse_question
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.seeking.seeker import Seeker, SeekerConfig
from embodied_mem.brain.seeking.target import target_of
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import AgentMaker, AgentSetup
from embodied_mem_envs.evaluation.agents.peers.kept import load
from embodied_mem_envs.evaluation.agents.peers.memory import PeerMemory
from embodied_mem_envs.evaluation.agents.peers.methods import make_kept
from embodied_mem_envs.evaluation.agents.peers.showing import store_of
from embodied_mem_envs.evaluation.agents.sizes import Sizes, note_sizes
from embodied_mem_envs.evaluation.elsewhere import Answerer, answer_elsewhere
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance

SIDE = "embodied_mem_envs.evaluation.agents.peers.agent:open_memory"
FAR = 4.5
"""Reach of our own map, m; what a peer has unless its published rules say otherwise."""


def open_memory(folder: Path, options: Mapping[str, Any]) -> Answerer:
    """Opens what a peer left, and answers from what its rules show for each question."""
    stored = load(folder)
    kept = make_kept(str(options["method"]))

    def answer(ask: Ask) -> Reply:
        target = target_of(parse_question(ask.text))
        things = kept.chosen(stored.things, target)
        found = answer_question(ask.text, store_of(stored, things), here=stored.end)
        return Reply(text=found.text, answer=found, model_calls=1)

    return answer


@final
class PeerAgent:
    """Lives with one peer's memory.

    Args:
        setup: Of the evaluation.
        method: Name in `methods.METHODS`.
        reach: From how near floor counts as explored, m.
        forgets: Whether everything is forgotten after each ask.
    """

    def __init__(
        self,
        setup: AgentSetup,
        method: str,
        *,
        reach: float = FAR,
        forgets: bool = False,
        config: SeekerConfig | None = None,
    ) -> None:
        self._setup = setup
        self._method = method
        self._forgets = forgets
        self._reach = reach
        self._config = config or SeekerConfig(blocks=False)
        self._folder = setup.folder / "memory"
        self._calls = 0
        self._seeker: Seeker | None = None
        self._begin()

    def see(self, observation: Observation) -> None:
        """Takes in what it is shown."""
        self.memory.observe(observation)

    def hear(self, utterance: Utterance) -> None:
        """Nothing that is said matters to these tasks."""

    def visit(self, visit: NewVisit) -> None:
        """Goes on with its memory."""
        self.memory.new_visit()
        if self._seeker is not None:
            self._seeker.new_visit()

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Goes there, or looks into the question and lets a new process answer."""
        if self._forgets:
            self._begin()
        if ask.form == "stop":
            return self._go(ask, body)
        if body is not None:
            self._seeker_of(body).look_into(ask.text, ask.max_ticks)
        self.memory.save()
        return answer_elsewhere(
            self._folder,
            SIDE,
            [ask],
            options={"method": self._method},
            budget_bytes=self._setup.budget_bytes,
        )[0]

    def memory_bytes(self) -> int:
        """What the memory's folder takes; other counts of its pictures are noted beside it."""
        taken = self.memory.memory_bytes()
        shown = {number for thing in self.memory.kept.things() for number in thing.pictures}
        files = [self._folder / f"{number:05d}.jpg" for number in sorted(shown)]
        pictures = self.memory.kept.pictures().values()
        sizes = Sizes(
            raw_frame_bytes=float(sum(picture.nbytes for picture in pictures)),
            snapshot_bytes=float(sum(file.stat().st_size for file in files if file.exists())),
        )
        note_sizes(self._setup.folder, sizes)
        return taken

    def close(self) -> None:
        """Nothing is held open."""

    def _begin(self) -> None:
        self.memory = PeerMemory(make_kept(self._method), self._folder, self._reach)
        self._seeker = None

    def _go(self, ask: Ask, body: Body | None) -> Reply:
        if body is None:
            return Reply()
        found = self._seeker_of(body).find(ask.text, ask.max_ticks, ask.image)
        return Reply(text=found.name or "not found", model_calls=1)

    def _seeker_of(self, body: Body) -> Seeker:
        if self._seeker is None:
            legs = Legs(body, self.memory)
            self._seeker = Seeker(legs, self.memory, self.memory.searched, self._config)
        return self._seeker


def peer(method: str, **options: Any) -> AgentMaker:
    """Returns what makes an agent of a method."""

    def make(setup: AgentSetup) -> PeerAgent:
        return PeerAgent(setup, method, **options)

    return make
