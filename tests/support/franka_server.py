"""franky-sim as a process of its own: the real FCI protocol, with a log of what arrived.

Runs in the environment that `launch/setup-franka.sh` makes, not in that of the tests. Lines on
standard input are orders: `freeze 3` (a brake is stuck in joint 3, counted from 0), `thaw`,
`reflex` (what a collision does), `user_stop`, `release`, `quit`.

What differs from franky-sim as it ships, and why:

- Its servo lags 0.1 s behind (kv / kp); a real FR3 follows within a few ms. A stiffer one is asked
  for through its own constructor.
- It tells desired speeds low-pass filtered, 20 ms late; franky starts a preempting motion from
  them, and a real robot tells them as they were commanded. The filter is opened.
- It never makes a reflex and acknowledges every recovery. Both are played here, in the messages
  that libfranka's protocol has for them: this is an emulation, no robot was hit.
- It waits at least 1 ms a step, so that it falls behind on a busy machine; here it catches up,
  and never outruns the client, which shares the machine here.
"""

import dataclasses
import os
import select
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import numpy as np
from franky_sim import SimulationServer
from franky_sim.base_simulator import FiniteDifferenceTracker
from franky_sim.franka_robot_protocol import (
    AutomaticErrorRecoveryCommand,
    AutomaticErrorRecoveryStatus,
    MoveCommand,
    MoveStatus,
    RobotCommand,
    RobotMode,
)
from franky_sim.franka_robot_server import FrankaRobotServer
from franky_sim.franka_server import BaseCommand
from franky_sim.mujoco_simulator import MujocoSimulator

HOST = "127.0.0.1"
STEP = 0.001
LONGEST_LAG = 0.2
"""So much is caught up with, s."""
PATIENCE = 1.0
"""So long it waits for the client's answer to a state; a real arm would lose packets instead, s."""
SHORTEST_SLEEP = 0.0002
"""Shorter pauses last longer than they are meant to, s."""
STIFFNESS = (9000.0, 9000.0, 7000.0, 7000.0, 4000.0, 3000.0, 2000.0)
DAMPING = (180.0, 180.0, 140.0, 140.0, 60.0, 45.0, 30.0)
COLLISION_FLAG = 7
"""Place of `cartesian_reflex` among the 41 error flags."""
COLUMNS = 27
"""time, step, message, moving, 7 positions, 7 speeds, 7 commanded positions, width, goal width."""


class Trouble:
    """What is wrong with the robot at the moment."""

    def __init__(self) -> None:
        self.mode: RobotMode | None = None
        self.frozen: dict[int, float] = {}


class LoggedArm:
    """Watches one simulated arm and its server, and plays what the simulator cannot."""

    def __init__(self, robot, log: Path) -> None:
        self.robot, self.trouble = robot, Trouble()
        self._file = log.open("wb")
        self._rows: list[list[float]] = []
        self._step = self._message = self._answered = 0
        self._target = np.array(robot.initial_q)
        self._drive = robot.joint_position_control
        robot.joint_position_control = self._drive_joints

    def attach(self, server) -> None:
        self.server = server
        self._take = server._handle_udp_command
        server._handle_udp_command = self._take_command

    def let_answer(self) -> None:
        """Waits for the client's answer to a state, once it has begun to command this motion."""
        motion = self.server.current_motion_id
        if motion == 0:
            self._answered = 0  # numbers of motions begin anew with every connection
        elif motion == self._answered:
            sockets = [self.server._FrankaServer__udp_socket, self.server._FrankaServer__tcp_socket]
            select.select(sockets, [], [], PATIENCE)

    def _take_command(self, data: bytes) -> None:
        self._message = int.from_bytes(data[:8], "little")
        self._answered = self.server.current_motion_id
        self._take(data)

    def _drive_joints(self, target, has_new_command: bool = True) -> None:
        self._target = np.array(target)
        driven = self._target.copy()
        for joint, position in self.trouble.frozen.items():
            driven[joint] = position
        self._drive(self._target, has_new_command)
        if self.trouble.frozen:
            self.robot._joint_position_control(driven)

    def note(self, _sim) -> None:
        """Called after every step of the physics."""
        now, state = time.monotonic(), self.robot.inner_state
        moving = float(self.server.current_motion_id > 0)
        row = [now, self._step, self._message, moving, *state.q, *state.dq, *self._target]
        self._rows.append([*row, self.robot.hand_width, self.robot._hand_goal_width])
        self._step += 1
        if len(self._rows) >= 50:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._file.write(np.array(self._rows).tobytes())
            self._file.flush()
            self._rows = []

    def order(self, line: str) -> None:
        word, *rest = line.split()
        if word == "freeze":
            joint = int(rest[0])
            self.trouble.frozen[joint] = float(self.robot.inner_state.q[joint])
        elif word == "thaw":
            self.trouble.frozen.clear()
        elif word == "reflex":
            self.abort(MoveStatus.kReflexAborted, RobotMode.kReflex)
        elif word == "user_stop":
            self.abort(MoveStatus.kEmergencyAborted, RobotMode.kUserStopped)
        elif word == "release":
            self.trouble.mode = None

    def abort(self, status: MoveStatus, mode: RobotMode) -> None:
        self.trouble.mode = mode
        motion = self.server.current_motion_id
        self.server.stop_motion(send_preemption_signal=False)
        self.server.reset_current_motion_id()
        if motion:
            BaseCommand.send_response(self.server._tcp_socket, RobotCommand.kMove, motion, status)


def play_trouble(arm: LoggedArm) -> None:
    """Lets the server tell of the trouble in its state, and refuse what a robot would refuse."""
    healthy = FrankaRobotServer.robot_state.fget

    def robot_state(server):
        state, mode = healthy(server), arm.trouble.mode
        if mode is None:
            return state
        flags = [False] * 41
        flags[COLLISION_FLAG] = mode == RobotMode.kReflex
        return dataclasses.replace(
            state, robot_mode=mode, errors=tuple(flags), reflex_reason=tuple(flags)
        )

    FrankaRobotServer.robot_state = property(robot_state)
    start = MoveCommand.handle

    def handle_move(command, server) -> None:
        if arm.trouble.mode is None:
            start(command, server)
        else:
            command.reply(MoveStatus.kCommandNotPossibleRejected)

    def handle_recovery(command, server) -> None:
        if arm.trouble.mode == RobotMode.kUserStopped:
            command.reply(
                AutomaticErrorRecoveryStatus.kCommandRejectedDueToActivatedSafetyFunctions
            )
            return
        arm.trouble.mode = None
        command.reply(AutomaticErrorRecoveryStatus.kSuccess)

    MoveCommand.handle = handle_move
    AutomaticErrorRecoveryCommand.handle = handle_recovery


def listen(orders: deque[str]) -> None:
    """Takes orders until standard input ends, which ends the server."""
    for line in sys.stdin:
        orders.append(line.strip())
    orders.append("quit")


def step(server: SimulationServer, arm: LoggedArm) -> None:
    """Does what `SimulationServer.run_once` does, and lets the client answer before the next."""
    for robot_server in server.robot_servers:
        robot_server.process_commands()
    server.sim.step()
    for robot_server in server.robot_servers:
        robot_server.send_state()
    arm.let_answer()


def main(log: Path) -> None:
    with suppress(OSError):  # a real control unit is a computer of its own
        os.nice(-15)
    FiniteDifferenceTracker.__init__.__defaults__ = (0.0,)
    orders: deque[str] = deque()
    threading.Thread(target=listen, args=(orders,), daemon=True).start()
    with MujocoSimulator(enable_visualization=False) as sim:
        arm = LoggedArm(sim.add_robot(kp=STIFFNESS, kv=DAMPING), log)
        play_trouble(arm)
        with SimulationServer(sim, hostname_candidates=[HOST]) as server:
            arm.attach(arm.robot.server)
            sim.register_post_step_callback(arm.note)
            print("ready", flush=True)
            due = time.monotonic()
            while True:
                while orders:
                    line = orders.popleft()
                    if line == "quit":
                        arm.flush()
                        return
                    arm.order(line)
                step(server, arm)
                due = max(due + STEP, time.monotonic() - LONGEST_LAG)
                pause = due - time.monotonic()
                if pause > SHORTEST_SLEEP:
                    time.sleep(pause)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
