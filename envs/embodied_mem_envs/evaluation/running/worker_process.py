"""The side of a worker that the evaluation holds on to."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from typing import final

import msgspec

from embodied_mem_envs.evaluation.running.executor import JobLimits
from embodied_mem_envs.evaluation.running.job import pack_job
from embodied_mem_envs.evaluation.running.worker import Outcome
from embodied_mem_envs.evaluation.suites.suite import Job

_WORKER = "embodied_mem_envs.evaluation.running.worker"
_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}
_TOLD = 600
"""So many characters of what a dead worker said are quoted."""


@final
class WorkerProcess:
    """One process with at most one job."""

    def __init__(self, limits: JobLimits) -> None:
        self._open = ExitStack()
        self._said = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", _WORKER, str(limits.seconds), "1" if limits.keep else "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, **_ONE_THREAD},
            # A Ctrl-C is for whoever holds the workers; and all that they start can be ended.
            start_new_session=True,
        )
        self._data = bytearray()
        self.job: Job | None = None
        self.done = 0
        """Jobs that it has finished."""
        self.started = 0.0

    @property
    def output(self) -> int:
        """File to wait on for `read`."""
        stream = self._process.stdout
        assert stream is not None
        return stream.fileno()

    @property
    def pid(self) -> int:
        """Of the process, and of its group."""
        return self._process.pid

    def give(self, job: Job) -> None:
        """Hands over a job; a dead worker is noticed by `read`."""
        self.job, self.started = job, time.monotonic()
        stream = self._process.stdin
        assert stream is not None
        with suppress(BrokenPipeError):
            stream.write(pack_job(job) + b"\n")
            stream.flush()

    def read(self) -> Outcome | None:
        """Takes in what it wrote; returns the outcome of its job once that is whole.

        Raises:
            EOFError: If it died; the message says how, with its last words.
        """
        chunk = os.read(self.output, 1 << 20)
        if not chunk:
            raise EOFError(self._end())
        self._data += chunk
        if not self._data.endswith(b"\n"):
            return None
        outcome = msgspec.json.decode(bytes(self._data), type=Outcome)
        self._data.clear()
        self.job = None
        self.done += 1
        return outcome

    def close(self) -> None:
        """Ends the process and all that it started."""
        self._kill_all()
        self._process.communicate()
        self._open.close()

    def _end(self) -> str:
        # Its number stays taken until it is waited for, so that no stranger's group is killed.
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._kill_all()
        status = self._process.wait()
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")[-_TOLD:].strip()
        return f"the worker ended {how}" + (f"; the end of what it said: {said}" if said else "")

    def _kill_all(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
