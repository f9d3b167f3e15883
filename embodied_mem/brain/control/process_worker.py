"""What runs in the control process."""

import gc
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from embodied_mem.brain.control.host import bring_to_rest
from embodied_mem.brain.control.lateness import Lateness, Pacer
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.reflexes import ReflexConfig
from embodied_mem.brain.control.shared import ControlMemory
from embodied_mem.robots.arm import Arm
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command

_PRIORITY = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerConfig:
    """What a control process is told when it starts."""

    memory: str
    """Name of the shared memory."""
    limits: JointLimits
    reflexes: ReflexConfig
    brain: int
    """Process id of the brain."""
    orphan_seconds: float
    """For so long the arm is held after the brain's process has gone; then it is released."""
    real_time: bool
    """Whether to ask the system to run the loop before everything else."""


def work(arm_factory: Callable[[], Arm], config: WorkerConfig) -> None:
    """Runs the control loop until it is told to quit; the target of the process."""
    # An interrupt from the keyboard goes to all processes; the brain decides what follows from it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory = ControlMemory.attach(config.memory)
    try:
        arm = arm_factory()
        arm.connect()
        try:
            _Worker(arm, memory, config).run()
        finally:
            arm.close()
    except Exception as error:
        memory.write_phase("failed", f"{type(error).__name__}: {error}")
        raise
    else:
        memory.write_phase("ended")
    finally:
        memory.release(unlink=False)


@final
class _Worker:
    def __init__(self, arm: Arm, memory: ControlMemory, config: WorkerConfig) -> None:
        self._memory = memory
        self._config = config
        self._loop = ControlLoop(arm, config.limits, reflexes=config.reflexes)
        self._quit = ""
        self._command = 0
        self._orders = 0
        self._noted = 0
        self._orphaned: float | None = None
        signal.signal(signal.SIGTERM, self._terminate)

    def run(self) -> None:
        memory, loop = self._memory, self._loop
        memory.write_scheduling(self._config.real_time and _run_first())
        # Nothing here makes cycles, so the collector would only cause delays.
        gc.collect()
        gc.freeze()
        gc.disable()
        memory.write_state(loop.sense())
        pacer = Pacer(memory.rate)
        memory.write_phase("running")
        while not self._quit:
            self._heed()
            loop.tick(self._fresh())
            self._publish(pacer.lateness)
            pacer.wait()
        bring_to_rest(loop, Pacer(memory.rate), self._quit)
        self._publish(pacer.lateness)

    def _terminate(self, number: int, _: object) -> None:
        self._quit = f"signal {number}"

    def _heed(self) -> None:
        count, orders = self._memory.orders_after(self._orders)
        if count - self._orders > len(orders):
            self._loop.stop("orders were lost")
        self._orders = count
        for order, reason in orders:
            if order == "stop":
                self._loop.stop(reason)
            elif order == "clear":
                self._loop.clear()
            else:
                self._quit = reason
        if os.getppid() != self._config.brain:
            self._outlive()

    def _outlive(self) -> None:
        """Holds the arm for a while after the brain's process has gone, then quits."""
        if self._orphaned is None:
            self._orphaned = time.monotonic()
            self._loop.stop("the brain's process has gone")
        if time.monotonic() - self._orphaned >= self._config.orphan_seconds:
            self._quit = "the brain's process has gone"

    def _fresh(self) -> Command | None:
        found = self._memory.newest_command()
        if found is None or found[0] == self._command:
            return None
        self._command = found[0]
        return found[1]

    def _publish(self, lateness: Lateness) -> None:
        memory, loop = self._memory, self._loop
        assert loop.state is not None
        memory.write_state(loop.state)
        new = loop.noted - self._noted
        if new:
            for event in list(loop.events)[-new:]:
                memory.write_event(event)
            self._noted = loop.noted
            memory.write_stopped(loop.stopped)
        memory.beat(lateness)


def _run_first() -> bool:
    """Asks for real-time scheduling; tells whether the system allows it."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    except PermissionError:
        return False
    return True
