"""A small suite for tests of the evaluation itself: remember numbers that were called out.

The task is real and so are the agents; some of them break, hang or kill their process on purpose,
in episodes that their seed chooses.
"""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from embodied_mem_envs.evaluation.agents.agent import Agent, AgentSetup
from embodied_mem_envs.evaluation.metrics import reciprocal_rank
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, NewVisit, Reply, Utterance


class NumberEpisode:
    """Numbers are called out, then some of them are asked for by their place."""

    task = "numbers"
    body = None

    def __init__(self, seed: int, numbers: int) -> None:
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.numbers = [int(number) for number in rng.integers(0, 1000, numbers)]
        self.places = [int(place) for place in rng.permutation(numbers)[:4]]
        self.said = 0
        self.open: int | None = None
        self.judged: list[bool] = []
        self.closed = False

    @property
    def progress(self) -> float:
        return sum(self.judged) / len(self.places)

    def next(self) -> Happening | None:
        if self.said < len(self.numbers):
            self.said += 1
            text = str(self.numbers[self.said - 1])
            return Utterance(partner="Ann", text=text, tick=self.said)
        if len(self.judged) == len(self.places):
            return None
        self.open = self.places[len(self.judged)]
        kind = "early" if self.open < len(self.numbers) // 2 else "late"
        text = f"Which number came at place {self.open}?"
        return Ask(number=len(self.judged), kind=kind, text=text, form="words")

    def submit(self, reply: Reply) -> Judgement:
        assert self.open is not None
        wanted = self.numbers[self.open]
        said = [int(word) for word in reply.text.split()]
        right = said[:1] == [wanted]
        self.judged.append(right)
        self.open = None
        values = {
            "answer_accuracy": float(right),
            "mrr": reciprocal_rank(list(dict.fromkeys(said)), [wanted]),
        }
        return Judgement(
            right=right, progress=float(right), reason=f"it was {wanted}", values=values
        )

    def close(self) -> None:
        self.closed = True


class Keeper:
    """Writes the last numbers to its file, and reads them from there."""

    def __init__(self, setup: AgentSetup, keep: int) -> None:
        self.file, self.keep = setup.folder / "numbers.txt", keep
        self.seed = setup.seed
        self.heard: list[int] = []

    def see(self, observation: Any) -> None:
        raise AssertionError("there is nothing to see")

    def visit(self, visit: NewVisit) -> None:
        raise AssertionError("there is one visit only")

    def hear(self, utterance: Utterance) -> None:
        self.heard.append(int(utterance.text))
        kept = {place: number for place, number in enumerate(self.heard)}
        lines = [f"{place} {number}" for place, number in list(kept.items())[-self.keep :]]
        self.file.write_text("\n".join(lines), encoding="utf-8")

    def reply(self, ask: Ask, body: Any) -> Reply:
        place = ask.text.rstrip("?").split()[-1]
        lines = [line.split() for line in self.file.read_text(encoding="utf-8").splitlines()]
        found = dict(lines).get(place, lines[-1][1])
        return Reply(text=found, model_calls=1, tokens=len(lines))

    def memory_bytes(self) -> int:
        return self.file.stat().st_size

    def close(self) -> None:
        pass


class Breaking(Keeper):
    """Raises in every third episode."""

    def reply(self, ask: Ask, body: Any) -> Reply:
        if self.seed % 3 == 0 and ask.number == 1:
            raise ValueError(f"seed {self.seed} is too much")
        return super().reply(ask, body)


class Dying(Keeper):
    """Kills its process: in even episodes once, in every fifth always."""

    def reply(self, ask: Ask, body: Any) -> Reply:
        mark = self.file.parents[4] / f"died-{self.seed}"
        if self.seed % 5 == 0 or (self.seed % 2 == 0 and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().reply(ask, body)


class Hanging(Keeper):
    """Never comes back."""

    def reply(self, ask: Ask, body: Any) -> Reply:
        time.sleep(600.0)
        return super().reply(ask, body)


class NumberSuite:
    """Compares how many numbers are kept."""

    name = "number_suite:SUITE"
    version = 3
    agents: Mapping[str, str] = {
        "all": "keeps every number",
        "last": "keeps the last five numbers",
        "breaking": "raises in every third episode",
        "dying": "kills its process in some episodes",
        "hanging": "never comes back",
    }
    options: Mapping[str, Any] = {
        "episodes": 6,
        "first_seed": 0,
        "numbers": 12,
        "pause": 0.0,
        "words": "",
        "loud": False,
    }

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        time.sleep(job.options["pause"])
        if job.options["words"] == "broken":
            raise RuntimeError("the suite itself is broken")
        if job.options["loud"]:
            print("this must not get between the records")

        def make(setup: AgentSetup) -> Agent:
            kinds = {"breaking": Breaking, "dying": Dying, "hanging": Hanging}
            kind = kinds.get(job.agent, Keeper)
            return kind(setup, 5 if job.agent == "last" else 1000)

        setup = AgentSetup(folder=folder / "memory", seed=job.seed)
        episode = NumberEpisode(job.seed, job.options["numbers"])
        (folder / "big.bin").write_bytes(bytes(1000))
        return play_episode(episode, make, setup, job, version=self.version)


SUITE = NumberSuite()
