"""Stand-ins that pass everything on and measure what it takes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import final

from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.brain.manipulation import ArmBrain
from embodied_mem.brain.modules import BrainstemModule, HippocampusModule
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Anomaly, Plan, Step
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.state import State
from embodied_mem.brain.surprise import Surprise
from embodied_mem.robots.arm import Arm, ArmDescription, ArmState
from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Observation


@final
class TickMeter:
    """Measures the CPU time of every tick of a brain, apart from what its arm and eyes take.

    A tick reaches from reading the joints to the command: belief, conditions, executor, skill,
    reflexes and limits. Pictures are measured apart; they come a few times a second.
    """

    def __init__(self) -> None:
        self.ticks: list[float] = []
        """CPU time of each tick without arm and pictures, s."""
        self.pictures: list[float] = []
        """CPU time that taking each picture in took, s."""
        self.arm = 0.0
        """CPU time of simulator and cameras, s."""
        self._begun = 0.0
        self._left_out = 0.0

    def attach(self, brain: ArmBrain) -> None:
        """Measures a brain, whose arm is a `MeteredArm` with this meter, from now on."""
        brain.brainstem = _MeteredBrainstem(brain.brainstem, self)
        brain.hippocampus = _MeteredHippocampus(brain.hippocampus, self)
        brain.on_tick = self._end

    def begin(self) -> None:
        """Hears that a tick begins."""
        self._begun, self._left_out = time.process_time(), 0.0

    @contextmanager
    def measure_arm(self) -> Iterator[None]:
        """Leaves out what the arm does."""
        begun = time.process_time()
        yield
        spent = time.process_time() - begun
        self.arm += spent
        self._left_out += spent

    @contextmanager
    def measure_picture(self) -> Iterator[None]:
        """Leaves out the taking in of a picture."""
        begun = time.process_time()
        yield
        spent = time.process_time() - begun
        self.pictures.append(spent)
        self._left_out += spent

    def _end(self, _: ArmBrain) -> None:
        self.ticks.append(time.process_time() - self._begun - self._left_out)


@final
class MeteredArm:
    """An arm whose time is measured; implements `Arm`."""

    def __init__(self, arm: Arm, meter: TickMeter) -> None:
        self._arm = arm
        self._meter = meter

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives."""
        return self._arm.observation_features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits."""
        return self._arm.action_features

    @property
    def radius(self) -> float:
        """How far the arm reaches, m."""
        return self._arm.radius

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""
        return self._arm.seconds_per_tick

    @property
    def description(self) -> ArmDescription:
        """The arm's kinematics."""
        return self._arm.description

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names that `observe` takes."""
        return self._arm.cameras

    def connect(self) -> None:
        """Makes the arm ready."""
        self._arm.connect()

    def close(self) -> None:
        """Releases the arm."""
        self._arm.close()

    def sense(self) -> ArmState:
        """Returns the newest joint readings."""
        with self._meter.measure_arm():
            return self._arm.sense()

    def act(self, command: Command) -> Command:
        """Carries out one tick."""
        with self._meter.measure_arm():
            return self._arm.act(command)

    def observe(self, camera: str = "front") -> Observation:
        """Returns the newest observation of a camera."""
        with self._meter.measure_arm():
            return self._arm.observe(camera)


@final
class _MeteredBrainstem:
    """Its `sense` begins a tick."""

    def __init__(self, brainstem: BrainstemModule, meter: TickMeter) -> None:
        self._brainstem = brainstem
        self._meter = meter

    @property
    def stopped(self) -> str:
        return self._brainstem.stopped

    def since(self, tick: int) -> Sequence[ReflexEvent]:
        return self._brainstem.since(tick)

    def sense(self) -> ArmState:
        self._meter.begin()
        return self._brainstem.sense()

    def tick(self, command: Command | None) -> Command:
        return self._brainstem.tick(command)

    def stop(self, reason: str) -> None:
        self._brainstem.stop(reason)

    def clear(self) -> None:
        self._brainstem.clear()


@final
class _MeteredHippocampus:
    """Its `see` takes a picture in."""

    def __init__(self, hippocampus: HippocampusModule, meter: TickMeter) -> None:
        self._hippocampus = hippocampus
        self._meter = meter

    @property
    def noticed(self) -> Sequence[Surprise]:
        """What was not expected, oldest first."""
        return self._hippocampus.noticed

    def see(self, observation: Observation, arm: ArmState) -> None:
        with self._meter.measure_picture():
            self._hippocampus.see(observation, arm)

    def feel(self, arm: ArmState) -> None:
        self._hippocampus.feel(arm)

    def state(self, arm: ArmState) -> State:
        return self._hippocampus.state(arm)

    def situation(self, instruction: str, state: State) -> Situation:
        return self._hippocampus.situation(instruction, state)

    def known_plan(self, instruction: str, state: State) -> Plan | None:
        return self._hippocampus.known_plan(instruction, state)

    def recall(self, step: Step, anomaly: Anomaly, state: State) -> Step | None:
        return self._hippocampus.recall(step, anomaly, state)

    def follow(self, report: ExecutionReport, state: State) -> None:
        self._hippocampus.follow(report, state)

    def learn(self, instruction: str, before: State, plan: Plan, report: ExecutionReport) -> None:
        self._hippocampus.learn(instruction, before, plan, report)
