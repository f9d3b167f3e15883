"""What happens to a moving robot when its gateway is told to end, or stands still for a while."""

import os
import signal
import time
from pathlib import Path

import pytest

from gateway_brain import RAMP, SLACK, brain_process, check_rest
from gateway_process import gateway_process


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "parent"])
def test_a_gateway_that_ends_brings_its_robot_to_rest(tmp_path: Path, how: str) -> None:
    with gateway_process(tmp_path, extra=["--with-parent"]) as served, brain_process(served):
        since = time.monotonic()
        if how == "parent":
            assert served.process.stdin is not None
            served.process.stdin.close()
        else:
            served.process.send_signal(signal.Signals[how])
        assert served.process.wait(10.0) == 0
        check_rest(served, since, RAMP + SLACK)


def test_a_gateway_that_was_stopped_for_a_while_obeys_nothing_from_then(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as served, brain_process(served) as brain:
        os.kill(served.process.pid, signal.SIGSTOP)
        time.sleep(1.0)
        os.kill(brain.pid, signal.SIGKILL)  # what it said until now waits in the gateway's socket
        brain.wait()
        since = time.monotonic()
        os.kill(served.process.pid, signal.SIGCONT)
        time.sleep(RAMP + SLACK + 0.3)
        # Only the ramp down, from a watchdog that finds the newest command a second old.
        check_rest(served, since, RAMP + SLACK)
