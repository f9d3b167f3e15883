"""Who is compared in MixedSession: the same reader over what each of them kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.memory_folder import StoreConfig
from embodied_mem.brain.partners import Claim, Diary, PartnerAnswer, answer_partner
from embodied_mem.brain.partners.claims import told_of
from embodied_mem.errors import EvaluationError, unknown_name
from embodied_mem.memory import Filter, MemoryStore, Retriever
from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import Agent, AgentMaker, AgentSetup
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance
from embodied_mem_envs.tasks.mixed_session.episode import MixedSessionEpisode

WINDOW: Final = 12
"""Utterances that `window` keeps."""

MIXED_SESSION_AGENTS: Final[Mapping[str, str]] = {
    "ours": "one memory with who told what to whom, read on behalf of the asker",
    "silos": "a memory for each partner, read for that partner alone",
    "window": f"the last {WINDOW} utterances, whoever said them",
    "full_context": "all utterances before the reader, whoever asks",
    "oracle_memory": "ours with a perfect understanding of what was said",
    "random": "any option",
}
"""One line on each agent; ours first."""


def mixed_session_maker(name: str) -> AgentMaker:
    """Returns what makes an agent of `MIXED_SESSION_AGENTS`.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in _MAKERS:
        raise unknown_name("agent", name, _MAKERS)
    return _MAKERS[name]


class _Witness:
    """Sees the house with the product's own eyes; what it hears, subclasses keep."""

    def __init__(self, setup: AgentSetup) -> None:
        self.setup = setup
        self._folder = setup.folder / "memory"
        self._config = MemoryConfig(
            allocator="value",
            visibility="shared",
            store=StoreConfig(budget_bytes=setup.budget_bytes),
        )
        self.hippocampus = self._opened(resume=None)

    @property
    def store(self) -> MemoryStore:
        """The memory that everything seen goes into."""
        return self.hippocampus.store

    def see(self, observation: Observation) -> None:
        """Takes in what it is shown."""
        self.hippocampus.observe(observation)

    def visit(self, visit: NewVisit) -> None:
        """Goes on from the memory with a fresh view of the scene."""
        self.hippocampus.consolidate()
        self.store.close()
        self.hippocampus = self._opened(resume=self._folder)

    def memory_bytes(self) -> int:
        """Returns what its folder takes."""
        return sum(file.stat().st_size for file in self.setup.folder.rglob("*") if file.is_file())

    def close(self) -> None:
        """Closes the store; safe to call twice."""
        self.store.close()

    def _opened(self, resume: Path | None) -> Hippocampus:
        return build_hippocampus(
            self._config, path=self._folder, seed=self.setup.seed, resume=resume
        )


@final
class OwnPartnerAgent(_Witness):
    """The product: `ours`, and with the truth of what was said in its ears `oracle_memory`."""

    def __init__(self, setup: AgentSetup, *, truth: MixedSessionEpisode | None = None) -> None:
        super().__init__(setup)
        self._truth = truth
        self._diary = Diary(self.store)

    def visit(self, visit: NewVisit) -> None:
        """Goes on from the memory."""
        super().visit(visit)
        self._diary = Diary(self.store)

    def hear(self, utterance: Utterance) -> None:
        """Writes down what is said, or, as a bound, what was truly told."""
        if self._truth is None:
            _write(self._diary, utterance)
            return
        for told in self._truth.ledger.tellings:
            if told.tick == utterance.tick:
                claim = Claim(
                    topic=told.topic,
                    subject=told.subject,
                    attribute=told.name,
                    value=told.value,
                    teller=told.teller,
                    private=told.private,
                    ended=told.ended,
                    text=told.text,
                )
                self._diary.keep(claim, tick=told.tick, session=told.session)

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Answers on behalf of whoever asks."""
        return _reply(answer_partner(ask.text, self.store, ask.partner))

    def rankings(self, ask: Ask, k: int) -> dict[str, list[int]]:
        """Returns ticks of what was said, best first, by three ways to rank what may be told.

        `retriever` is the product's; `recency` has the newest first, `popularity` what was cited
        most often in earlier answers.
        """
        store = self.store
        allowed = Filter(kind="fact", status="any", viewer=ask.partner)
        said = [told.record for told in told_of(store.query(allowed, payload=False))]
        ids = [record.id for record in said]
        found = Retriever(store, viewer=ask.partner).query(
            ask.text, k=max(k, 1), filter=Filter(ids=ids, status="any")
        )
        newest = sorted(said, key=lambda record: (-record.valid_from, record.id))
        popular = sorted(newest, key=lambda record: -record.statistics.citations)
        return {
            "retriever": [hit.citation.tick for hit in found.hits],
            "recency": [record.valid_from for record in newest[:k]],
            "popularity": [record.valid_from for record in popular[:k]],
        }


@final
class SilosAgent(_Witness):
    """Keeps a memory for each partner, and looks into that of the asker only."""

    def __init__(self, setup: AgentSetup) -> None:
        super().__init__(setup)
        self._diaries: dict[str, Diary] = {}

    def hear(self, utterance: Utterance) -> None:
        """Writes it into the memory of whoever speaks."""
        _write(self._diary(utterance.partner), utterance)

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Answers from the asker's memory, or from what was seen."""
        return _first_known(ask, (self._diary(ask.partner).store, self.store), ask.partner)

    def close(self) -> None:
        """Closes all memories; safe to call twice."""
        for diary in self._diaries.values():
            diary.store.close()
        super().close()

    def _diary(self, partner: str) -> Diary:
        if partner not in self._diaries:
            path = self.setup.folder / f"silo-{partner}"
            self._diaries[partner] = Diary(MemoryStore(path, seed=self.setup.seed))
        return self._diaries[partner]


@final
class TranscriptAgent(_Witness):
    """Keeps utterances as they were said, all or the last few, and reads them when asked."""

    def __init__(self, setup: AgentSetup, *, last: int | None) -> None:
        super().__init__(setup)
        self._last = last
        self._heard: list[Utterance] = []
        self._read: MemoryStore | None = None
        self._file = setup.folder / "transcript.txt"

    def hear(self, utterance: Utterance) -> None:
        """Adds it to the transcript."""
        self._heard.append(utterance)
        if self._last is not None:
            self._heard = self._heard[-self._last :]
        self._forget_reading()
        self._file.write_text("".join(f"{u.partner}: {u.text}\n" for u in self._heard))

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Reads the whole transcript for whoever asks."""
        if self._read is None:
            self._read = MemoryStore(seed=self.setup.seed)
            diary = Diary(self._read)
            for utterance in self._heard:
                _write(diary, utterance)
        return _first_known(ask, (self._read, self.store), None)

    def close(self) -> None:
        """Closes what it read, too; safe to call twice."""
        self._forget_reading()
        super().close()

    def _forget_reading(self) -> None:
        if self._read is not None:
            self._read.close()
            self._read = None


@final
class RandomPartnerAgent:
    """Chooses any option."""

    def __init__(self, setup: AgentSetup) -> None:
        self._rng = np.random.default_rng([setup.seed, 157])

    def see(self, observation: Observation) -> None:
        """Looks away."""

    def hear(self, utterance: Utterance) -> None:
        """Does not listen."""

    def visit(self, visit: NewVisit) -> None:
        """Does not mind."""

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Draws an option."""
        return Reply(choice=int(self._rng.integers(len(ask.options))))

    def memory_bytes(self) -> int:
        """Keeps nothing."""
        return 0

    def close(self) -> None:
        """Has nothing to let go of."""


def _write(diary: Diary, utterance: Utterance) -> None:
    diary.hear(
        utterance.partner,
        utterance.text,
        tick=utterance.tick,
        session=utterance.session,
        private=utterance.private,
    )


def _first_known(ask: Ask, stores: Sequence[MemoryStore], viewer: str | None) -> Reply:
    """Answers from the first memory that has something to tell."""
    answers = [answer_partner(ask.text, store, ask.partner, viewer=viewer) for store in stores]
    known = [answer for answer in answers if answer.value is not None]
    return _reply((known or answers)[0])


def _reply(answer: PartnerAnswer) -> Reply:
    return Reply(text=answer.text, answer=answer)


def _oracle(setup: AgentSetup) -> Agent:
    if not isinstance(setup.oracle, MixedSessionEpisode):
        raise EvaluationError("oracle_memory needs the episode as AgentSetup.oracle")
    return OwnPartnerAgent(setup, truth=setup.oracle)


_MAKERS: Final[Mapping[str, AgentMaker]] = {
    "ours": OwnPartnerAgent,
    "silos": SilosAgent,
    "window": lambda setup: TranscriptAgent(setup, last=WINDOW),
    "full_context": lambda setup: TranscriptAgent(setup, last=None),
    "oracle_memory": _oracle,
    "random": RandomPartnerAgent,
}
