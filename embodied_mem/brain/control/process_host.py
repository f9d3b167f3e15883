"""A control loop in a process of its own: it goes on whatever happens to the brain's process.

Commands, readings and events go through shared memory (`shared`). While the brain's process hangs,
burns CPU, is halted by SIGSTOP or killed, the control process keeps its rate, its reflexes and its
watchdog; on SIGTERM it stops the arm safely and releases it.
"""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from typing import final

from embodied_mem.brain.control.lateness import Lateness
from embodied_mem.brain.control.process_worker import WorkerConfig, work
from embodied_mem.brain.control.reflexes import ReflexConfig, ReflexEvent
from embodied_mem.brain.control.shared import ControlMemory
from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import Arm, ArmState
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command

_EVENTS_KEPT = 1024


def run_in_process(
    arm_factory: Callable[[], Arm],
    limits: JointLimits,
    *,
    rate: float,
    reflexes: ReflexConfig | None = None,
    orphan_seconds: float = 30.0,
    real_time: bool = True,
    start_seconds: float = 60.0,
) -> "ProcessHost":
    """Starts a control process and waits until its loop runs.

    Args:
        arm_factory: Makes the arm, in the new process; a function at the top of a module, since
            the process is spawned and imports it by name.
        limits: Limits of the arm's joints.
        rate: Ticks a second.
        reflexes: Thresholds of the reflexes.
        orphan_seconds: For so long the arm is held when the brain's process has gone.
        real_time: Whether to ask the system to run the loop before everything else;
            `ProcessHost.real_time` tells whether it does.
        start_seconds: How long connecting the arm may take.

    Raises:
        BodyError: If the arm cannot be made or connected, or not in time.
    """
    memory = ControlMemory.create(len(limits), rate)
    config = WorkerConfig(
        memory=memory.name,
        limits=limits,
        reflexes=reflexes or ReflexConfig(),
        brain=os.getpid(),
        orphan_seconds=orphan_seconds,
        real_time=real_time,
    )
    host = ProcessHost(arm_factory, memory, config)
    host._wait_for_start(start_seconds)
    return host


@final
class ProcessHost:
    """Implements `ControlHost` in a process; made by `run_in_process`."""

    def __init__(
        self, arm_factory: Callable[[], Arm], memory: ControlMemory, config: WorkerConfig
    ) -> None:
        self._memory: ControlMemory | None = memory
        self._writing = threading.Lock()
        self._events: list[ReflexEvent] = []
        self._seen = 0
        self._lateness = memory.lateness()
        # A daemon: when the brain's process ends in good order it is terminated, which stops the
        # arm safely.
        self._process = multiprocessing.get_context("spawn").Process(
            target=work, args=(arm_factory, config), name="control loop", daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Id of the control process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._memory is not None and self._process.is_alive()

    @property
    def error(self) -> str:
        """Why the loop ended by itself; empty where it did not."""
        if self._memory is None or self._process.is_alive():
            return ""
        phase, error = self._memory.phase()
        return "" if phase == "ended" else error or f"exit code {self._process.exitcode}"

    @property
    def stopped(self) -> str:
        """Why the arm is stopped until `clear`; empty where it is not."""
        return self._open().stopped()

    @property
    def real_time(self) -> bool:
        """Whether the system runs the loop before everything else."""
        return self._open().real_time()

    @property
    def silence(self) -> float:
        """For how long the control process has shown no life, s."""
        return self._open().silence()

    @property
    def lateness(self) -> Lateness:
        """How well the loop keeps its rate; after `close`, as it was in the end."""
        if self._memory is not None:
            self._lateness = self._memory.lateness()
        return self._lateness

    def post(self, command: Command) -> None:
        """Leaves a command for the next tick; only the newest counts.

        Raises:
            BodyError: If the loop does not run any more, or the command has not one number a joint.
        """
        memory = self._open()
        with self._writing:
            memory.write_command(command)

    def state(self) -> ArmState:
        """Returns the newest readings.

        Raises:
            BodyError: If the loop does not run any more.
        """
        state = self._open().state()
        if state is None:
            raise BodyError("the control process has published no readings yet")
        return state

    def since(self, tick: int) -> tuple[ReflexEvent, ...]:
        """Returns the events from a tick on, oldest first; the newest 1024 are kept."""
        if self._memory is not None:
            self._collect(self._memory)
        return tuple(event for event in self._events if event.tick >= tick)

    def stop(self, reason: str) -> None:
        """Asks for a safe stop until `clear`."""
        memory = self._open()
        with self._writing:
            memory.write_order("stop", reason)

    def clear(self) -> None:
        """Ends a stop; the arm then waits for a fresh command."""
        memory = self._open()
        with self._writing:
            memory.write_order("clear")

    def close(self) -> None:
        """Stops the arm safely, ends the loop and releases the arm; safe to call twice."""
        memory = self._memory
        if memory is None:
            return
        if self._process.is_alive():
            memory.write_order("quit", "the loop ends")
        self._process.join(timeout=10.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._collect(memory)
        self._lateness = memory.lateness()
        self._memory = None
        memory.release(unlink=True)

    def _collect(self, memory: ControlMemory) -> None:
        self._seen, new = memory.events_after(self._seen)
        self._events = [*self._events, *new][-_EVENTS_KEPT:]

    def _open(self) -> ControlMemory:
        memory = self._memory
        if memory is None or not self._process.is_alive():
            raise BodyError(f"the control loop has ended: {self.error or 'it was closed'}")
        return memory

    def _wait_for_start(self, seconds: float) -> None:
        memory = self._memory
        assert memory is not None
        end = time.monotonic() + seconds
        while memory.phase()[0] == "starting":
            if not self._process.is_alive() or time.monotonic() > end:
                error = self.error or f"not running after {seconds:g} s"
                self.close()
                raise BodyError(f"the control process did not start: {error}")
            time.sleep(0.01)
        if memory.phase()[0] == "failed":
            error = memory.phase()[1]
            self.close()
            raise BodyError(f"the control process did not start: {error}")
