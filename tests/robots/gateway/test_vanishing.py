"""What happens to a moving robot when the brain, the gateway or what started it is gone.

Everything is asserted from what the robot's driver was told, in the gateway's own process.
"""

import os
import signal
import time
from pathlib import Path

import pytest

from gateway_brain import RAMP, SLACK, WATCHDOG, brain_process, check_rest, wait_for_speed
from gateway_process import gateway_process


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_brain_that_is_gone_leaves_a_robot_at_rest(tmp_path: Path, how: signal.Signals) -> None:
    with gateway_process(tmp_path) as served, brain_process(served) as brain:
        since = time.monotonic()
        os.kill(brain.pid, how)
        time.sleep(WATCHDOG + RAMP + SLACK + 0.3)
        check_rest(served, since, WATCHDOG + RAMP + SLACK)
        if how == signal.SIGSTOP:
            os.kill(brain.pid, signal.SIGCONT)  # it goes on from rest, with commands that are fresh
            wait_for_speed(served, 0.39, time.monotonic())


@pytest.mark.slow
def test_a_brain_that_is_gone_leaves_a_robot_at_rest_fifty_times(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as served:
        for _ in range(50):
            with brain_process(served) as brain:
                since = time.monotonic()
                brain.kill()
                time.sleep(WATCHDOG + RAMP + SLACK + 0.3)
                check_rest(served, since, WATCHDOG + RAMP + SLACK)
