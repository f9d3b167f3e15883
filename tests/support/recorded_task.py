"""What the real brain commanded while it did a task at the simulated tabletop."""

from dataclasses import dataclass

from embodied_mem.brain.arm_build import ArmBrainBuilder, ArmBrainParts
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory_log import Stretch, TrajectoryLog, slowed
from embodied_mem.types import Command
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.tasks import make_episode
from embodied_mem_envs.tabletop.tasks.playing import starting_layout


@dataclass(frozen=True, slots=True)
class RecordedTask:
    """One task that succeeded, as stretches from rest to rest."""

    start: list[float]
    """Where the arm stood, rad."""
    stretches: tuple[Stretch, ...]


def record_task(family: str, level: int, seed: int, limits: JointLimits) -> RecordedTask:
    """Has the brain do a task and returns its commands, slowed down to an arm's limits."""
    episode = make_episode(family, level, seed)
    with TabletopBody(starting_layout(episode, default_cell()), seed=seed) as body:
        brain = ArmBrainBuilder(body, body.cell, ArmBrainParts()).brain()
        start = body.sense().joints.tolist()
        log = TrajectoryLog(body.description.joints, start, seconds_per_tick=body.seconds_per_tick)
        act = body.act

        def noted(command: Command) -> Command:
            sent = act(command)
            log.note(sent)
            return sent

        body.act = noted  # type: ignore[method-assign]
        done = brain.do(episode.instruction)
    if not done.succeeded:
        raise RuntimeError(f"the brain did not do {episode.instruction!r}: {done.reason}")
    stretches = tuple(
        Stretch(trajectory=slowed(stretch.trajectory, limits), gripper=stretch.gripper)
        for stretch in log.stretches()
    )
    return RecordedTask(start, stretches)
