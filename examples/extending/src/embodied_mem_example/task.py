"""A task: count the things of one kind in a house. The agent explores, then says a number."""

from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np

from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.own import OwnAgent
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.tasks.episode import Ask, Judgement, Reply
from embodied_mem_envs.tasks.task_body import TaskBody

NUMBERS = tuple(map(str, range(10)))


class CountingEpisode:
    """One house and one question; `tasks.episode.Episode` says what each member is for."""

    task = "counting"

    def __init__(self, seed: int) -> None:
        house = generate_house(seed, HouseConfig(rooms=3))
        self.seed, self.progress = seed, 0.0
        self.body = TaskBody(HouseBody(house, CameraConfig(width=160, height=120)))
        self.body.connect()
        self._counts = Counter(thing.category for thing in house.objects)
        self._kind = str(np.random.default_rng([seed, 47]).choice(["chair", "bed", "book"]))
        self._asked = False

    def next(self) -> Ask | None:
        """Asks the one question, and ends."""
        if self._asked:
            return None
        self._asked = True
        self.body.allow(400)
        text = f"How many {self._kind}s are there?"
        return Ask(number=0, kind="count", text=text, form="words", options=NUMBERS, max_ticks=400)

    def submit(self, reply: Reply) -> Judgement:
        """Compares the number with the truth."""
        said = reply.choice if reply.answer is None else reply.answer.value
        true = self._counts[self._kind]
        self.progress = float(said == true)
        values = {"answer_accuracy": self.progress, "path_metres": self.body.metres}
        reason = f"there are {true}, the answer was {said}"
        return Judgement(right=said == true, progress=self.progress, reason=reason, values=values)

    def close(self) -> None:
        """Leaves the house."""
        self.body.close()


class CountingSuite:
    """`embodied-mem eval embodied_mem_example.task:suite` compares agents on it."""

    name, version = "counting", 1
    agents: ClassVar = {"ours": "explores, and answers from memory"}
    options: ClassVar = {"episodes": 4, "first_seed": 0}

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode."""
        setup = AgentSetup(folder=folder, seed=job.seed)
        return play_episode(CountingEpisode(job.seed), OwnAgent, setup, job, version=1)


suite = CountingSuite()
