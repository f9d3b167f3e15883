"""What a brain on a robot is made of: enough to make the same memory from a recording again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embodied_mem.brain.brain import Brain, Exploration
    from embodied_mem.robots import Body


@dataclass(frozen=True, kw_only=True, slots=True)
class RobotMemoryConfig:
    """All that decides, beside the observations, what a visit leaves in the memory."""

    task: str
    """`watch` or `explore`."""
    segmenter: str
    """How pictures are cut into things."""
    allocator: str
    """What is given up where the budget is short."""
    budget_bytes: int
    """What the memory may take on the disk."""
    seed: int
    """What record ids are made from."""
    ticks: int
    """How many observations at most."""
    speed: float
    """Walking speed, m/s."""
    turn_rate: float
    """Turning speed, rad/s."""
    reaction: float
    """From a command to the motion that it causes, s."""
    consolidate: bool = False
    """Whether facts are superseded, linked and summed up at the end."""
    correct_drift: bool = False
    """Whether the robot's poses are taken for odometry that drifts, and put right."""
    embedder: str = "colour-shape"
    """What things are known again by."""


def robot_brain(
    config: RobotMemoryConfig, body: "Body", path: Path, resume: Path | None = None
) -> "Brain":
    """Builds the brain that lives in a body on a robot, with its memory in a folder.

    Raises:
        ConfigError: If a name is unknown, or the path holds something that is no memory.
        MemoryFileError: If `resume` cannot be read, or another process writes to the path.
    """
    from embodied_mem.brain.brain import Brain
    from embodied_mem.brain.build import MemoryConfig, build_hippocampus
    from embodied_mem.brain.cerebellum import CerebellumConfig
    from embodied_mem.brain.memory_folder import StoreConfig

    hippocampus = build_hippocampus(
        MemoryConfig(
            segmenter=config.segmenter,
            embedder=config.embedder,
            allocator=config.allocator,
            consolidate=config.consolidate,
            correct_drift=config.correct_drift,
            store=StoreConfig(budget_bytes=config.budget_bytes),
        ),
        path=path,
        seed=config.seed,
        session=f"robot-{config.seed}",
        seconds_per_tick=body.seconds_per_tick,
        resume=resume,
    )
    movement = CerebellumConfig(
        speed=config.speed, turn_rate=config.turn_rate, reaction=config.reaction
    )
    return Brain(body, hippocampus, movement=movement)


def visit_of(brain: "Brain", config: RobotMemoryConfig) -> Callable[..., "Exploration"]:
    """Returns what the brain does on the visit: `Brain.explore` or `Brain.watch`."""
    return brain.explore if config.task == "explore" else brain.watch
