"""A tiny agent for tests of the evaluation: stacks two blocks whose places it was told.

It has no eyes. It notices a lost grip by its fingers alone and tries once more.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.errors import ModelTimeout
from embodied_mem.models.client import Completion, Message
from embodied_mem.robots.arm import Arm, ArmDescription
from embodied_mem.types import Command
from embodied_mem_envs.evaluation.manipulate_agent import AgentResult, AnomalyNote, EpisodeContext
from embodied_mem_envs.tabletop.tasks import make_episode

OPEN, SHUT = 0.08, 0.0
HIGH = 0.22


class Parrot:
    """A model client that always says the same."""

    name = "parrot"

    def complete(self, messages, *, schema=None, timeout=None):  # type: ignore[no-untyped-def]
        return Completion(text="stack", prompt_tokens=1, completion_tokens=1, seconds=0.5)


class Stacker:
    """Implements `Agent` for `stack` at level 1."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self, body: Arm, context: EpisodeContext) -> None:
        self.body, self.context = body, context
        self.client = context.wrap_model(Parrot())
        self.notes: list[AnomalyNote] = []
        self.model_calls = 0
        self.calls.append("start")

    def watch(self) -> None:
        self.body.observe()
        self.calls.append("watch")

    def new_session(self) -> None:
        self.calls.append("new_session")

    def close(self) -> None:
        self.calls.append("close")

    def do(self, instruction: str) -> AgentResult:
        self.calls.append("do")
        self.think()
        episode = self.told(instruction)
        spots = {item.name: item.spot for item in episode.layout.items}
        upper, lower = spots[episode.roles["upper"]], spots[episode.roles["lower"]]
        self.joints = self.body.sense().joints
        self.model = model_of(self.body.description)
        self.width = OPEN
        start = self.body.sense().tick
        for _ in range(2):
            self.carry(upper, lower)
            if self.done:
                break
        return AgentResult(
            success_claimed=self.done,
            model_calls=self.model_calls,
            anomalies=tuple(self.notes),
            report_text=f"{instruction!r}\nlooked at nothing",
            ticks=self.body.sense().tick - start,
        )

    def think(self) -> None:
        while True:
            self.model_calls += 1
            try:
                self.client.complete([Message(role="user", text="what now?")], timeout=10.0)
                return
            except ModelTimeout:
                self.note("recall", "model_timeout")

    def told(self, instruction: str):  # type: ignore[no-untyped-def]
        for repeat in (False, True):
            episode = make_episode("stack", 1, self.context.seed, repeat=repeat)
            if episode.instruction == instruction:
                return episode
        raise AssertionError(instruction)

    def carry(self, upper, lower) -> None:  # type: ignore[no-untyped-def]
        for x, y, z, turn, width in (
            (upper.x, upper.y, HIGH, upper.yaw, OPEN),
            (upper.x, upper.y, 0.022, upper.yaw, OPEN),
            (upper.x, upper.y, 0.022, upper.yaw, SHUT),
            (upper.x, upper.y, HIGH, upper.yaw, SHUT),
            (lower.x, lower.y, HIGH, lower.yaw, SHUT),
            (lower.x, lower.y, 0.065, lower.yaw, SHUT),
            (lower.x, lower.y, 0.065, lower.yaw, OPEN),
            (lower.x, lower.y, HIGH, lower.yaw, OPEN),
        ):
            self.go(x, y, z, turn, width)
            self.done = width == OPEN or self.body.sense().grip > 0.0
            if not self.done:
                self.note("retry", "grip")
                return

    def go(self, x: float, y: float, z: float, turn: float, width: float) -> None:
        turn = (turn + np.pi / 4) % (
            np.pi / 2
        ) - np.pi / 4  # a block looks the same after a quarter
        pose = np.diag([1.0, -1.0, -1.0, 1.0])
        c, s = np.cos(turn), np.sin(turn)
        pose[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ pose[:3, :3]
        pose[:3, 3] = x, y, z
        goal = self.model.solve(pose, self.joints)
        assert goal is not None
        for joints in way(self.joints, goal):
            self.body.act(Command(joints=tuple(joints), gripper=self.width))
        self.joints, self.width = goal, width
        for _ in range(50):
            self.body.act(Command(joints=tuple(goal), gripper=width))

    def note(self, level: str, kind: str) -> None:
        tick = self.body.sense().tick
        self.notes.append(AnomalyNote(tick=tick, level=level, kind=kind))


@lru_cache(maxsize=1)
def model_of(description: ArmDescription) -> ArmModel:
    return ArmModel(description)


class Idler(Stacker):
    """Does nothing, at once."""

    def do(self, instruction: str) -> AgentResult:
        self.calls.append("do")
        return AgentResult(success_claimed=False)


def way(start: np.ndarray, goal: np.ndarray) -> Iterator[list[float]]:
    """Joint targets along a smooth step, at about a radian a second."""
    ticks = max(2, int(np.abs(goal - start).max() * 200))
    for share in np.linspace(0.0, 1.0, ticks):
        yield (start + share * share * (3 - 2 * share) * (goal - start)).tolist()
