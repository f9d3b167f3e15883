"""A hippocampus that remembers nothing: what it tells a planner is what the camera shows now."""

from collections.abc import Sequence
from typing import final

from embodied_mem.brain.modules import HippocampusModule
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Anomaly, Plan, Step
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.state import Entity, State
from embodied_mem.brain.surprise import Surprise
from embodied_mem.robots.arm import ArmState
from embodied_mem.types import Observation


@final
class Forgetful:
    """Perceives as the hippocampus behind it does, and forgets; implements `HippocampusModule`.

    What was seen before and is not seen now is not told; nothing is recalled and nothing learned.
    While a plan is carried out, things are followed as always.
    """

    def __init__(self, hippocampus: HippocampusModule) -> None:
        self._hippocampus = hippocampus

    @property
    def noticed(self) -> Sequence[Surprise]:
        """Tells of no surprise: whoever expects nothing is never surprised."""
        return ()

    def see(self, observation: Observation, arm: ArmState) -> None:
        """Takes a picture in."""
        self._hippocampus.see(observation, arm)

    def feel(self, arm: ArmState) -> None:
        """Takes a tick of joint readings in."""
        self._hippocampus.feel(arm)

    def state(self, arm: ArmState) -> State:
        """Returns what is believed at this tick."""
        return self._hippocampus.state(arm)

    def situation(self, instruction: str, state: State) -> Situation:
        """Returns what is seen now."""
        full = self._hippocampus.situation(instruction, state)
        return Situation(
            instruction=instruction,
            state=_seen_now(state),
            cell=full.cell,
            skills=full.skills,
            images=full.images,
        )

    def known_plan(self, instruction: str, state: State) -> Plan | None:
        """Knows no plan."""
        return None

    def recall(self, step: Step, anomaly: Anomaly, state: State) -> Step | None:
        """Recalls nothing."""
        return None

    def follow(self, report: ExecutionReport, state: State) -> None:
        """Keeps no story."""

    def learn(self, instruction: str, before: State, plan: Plan, report: ExecutionReport) -> None:
        """Learns nothing."""


def _seen_now(state: State) -> State:
    entities = {name: entity for name, entity in state.entities.items() if _is_seen(entity)}
    return State(
        tick=state.tick,
        seconds=state.seconds,
        entities=entities,
        hand=state.hand,
        base=state.base,
        collided=state.collided,
        camera_tick=state.camera_tick,
        readings=state.readings,
    )


def _is_seen(entity: Entity) -> bool:
    """Tells whether a thing is seen or held; fixtures are known from the work cell."""
    if entity.kind != "object":
        return True
    return (entity.visible and not entity.missing) or entity.place == "hand"
