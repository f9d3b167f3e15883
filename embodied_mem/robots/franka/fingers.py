"""The fingers of a Franka Hand: its calls last until they rest, so they have their own thread."""

import threading
import time
from contextlib import suppress
from typing import Any, Final, final

from embodied_mem.errors import BodyError
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.link import load_franky

SAME: Final = 0.001
"""Widths nearer than this are the same wish, m."""
PERIOD: Final = 0.03
"""Pause between two looks at the fingers, s."""
RETRY: Final = 1.0
"""Pause between two attempts to reach a hand that was lost, s."""
ANY_WIDTH: Final = 0.08
"""Tolerance of a grasp: whatever is between the fingers is held, m."""


@final
class Fingers:
    """Carries out the newest wish for the fingers' distance, and tells how wide they are.

    The hand takes one order at a time and answers when the fingers rest; wishes that come
    meanwhile are carried out afterwards, the newest alone. Where it is to be narrower than it is,
    the hand grasps: it presses with `grip_force` on what it meets.
    """

    def __init__(self, config: FrankaConfig) -> None:
        """Connects.

        Raises:
            BodyError: If no hand answers.
        """
        self._config, self._franky = config, load_franky()
        try:
            self._gripper: Any = self._franky.Gripper(config.host)
            state = self._gripper.state
        except Exception as error:
            raise BodyError(
                f"no Franka Hand at {config.host}: {error}; set `gripper = false` without one"
            ) from error
        self._news = threading.Condition()
        self._wanted: float | None = None
        self._ordered: float | None = None
        self._over = False
        self.opening = float(state.width)
        """How wide the fingers are, m."""
        self.widest = float(state.max_width)
        """How wide they can be, m; 0 before the hand was homed."""
        self.holding = bool(state.is_grasped)
        """Whether something is between them."""
        self.lost = ""
        """Why the hand is not reached; empty where it is."""
        self.missed = False
        """Whether the newest order failed, such as a grasp of nothing."""
        self.looked = time.monotonic()
        """When they were last looked at, on the monotonic clock, s."""
        self.version = int(self._gripper.server_version)
        """Version of the hand's protocol."""
        self._thread = threading.Thread(target=self._run, name="franka-fingers", daemon=True)
        self._thread.start()

    def want(self, width: float) -> None:
        """Wishes for a distance of the fingers, m; returns at once."""
        with self._news:
            self._wanted = width
            self._news.notify()

    def halt(self) -> None:
        """Stops the fingers where they are; what they hold stays held. Returns at once."""
        with self._news:
            busy, self._wanted = self._ordered is not None, None
        if busy:
            with suppress(Exception):  # that the hand is lost is told by its own thread
                self._gripper.stop_async()

    def close(self) -> None:
        """Ends the thread; the fingers stay as they are."""
        with self._news:
            self._over = True
            self._news.notify()
        self._thread.join(2.0)

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        answer: Any = None
        done: float | None = None
        while not self._over:
            try:
                self._look()
                if answer is not None and answer.wait(0.0):
                    self.missed, answer = not self._succeeded(answer), None
                if answer is None:
                    answer, done = self._next(done)
            except Exception as error:
                self.lost, answer, done = f"the hand does not answer: {error}", None, None
                self._reach_again()
            with self._news:
                self._ordered = done if answer is not None else None
                if not self._over:
                    self._news.wait(PERIOD)

    def _reach_again(self) -> None:
        """Connects anew after an error of the network; wishes from before are forgotten."""
        with self._news:
            self._wanted = None
            self._news.wait_for(lambda: self._over, RETRY)
        if not self._over:
            with suppress(Exception):  # it stays in trouble, and is tried again
                self._gripper = self._franky.Gripper(self._config.host)
                self._look()
                self.lost = ""

    def _succeeded(self, answer: Any) -> bool:
        try:
            return bool(answer.get())
        except self._franky.CommandException:  # such as one that a stop has cut short
            return False

    def _look(self) -> None:
        state = self._gripper.state
        self.opening, self.holding = float(state.width), bool(state.is_grasped)
        self.widest, self.looked = float(state.max_width), time.monotonic()

    def _next(self, done: float | None) -> tuple[Any, float | None]:
        """Orders the newest wish where it is another one; returns the answer to come."""
        with self._news:
            wanted = self._wanted
        if wanted is None or (done is not None and abs(wanted - done) < SAME):
            return None, done if wanted is not None else None
        width = min(max(wanted, 0.0), self.widest or wanted)
        speed = self._config.gripper_speed
        if width < self.opening - SAME:
            force = self._config.grip_force
            return self._gripper.grasp_async(width, speed, force, ANY_WIDTH, ANY_WIDTH), wanted
        return self._gripper.move_async(width, speed), wanted
