"""A process that carries out jobs: lines of JSON in, lines of JSON out.

`python -m embodied_mem_envs.evaluation.running.worker SECONDS KEEP` reads one `Job` a line and
writes one `Outcome` a line. It ends with its input, also in the middle of a job, so that nothing is
left when whoever started it is killed.
"""

import os
import queue
import sys
import threading
from collections.abc import Sequence

import msgspec

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.running.job import run_job
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a job."""

    record: EpisodeRecord | None = None
    broken: str = ""
    """Why there is no record: the suite itself failed."""


def main(arguments: Sequence[str]) -> int:
    """Runs the worker; returns the exit status."""
    if len(arguments) != 2:
        print("usage: worker SECONDS KEEP", file=sys.stderr)
        return 2
    seconds, keep = float(arguments[0]), arguments[1] == "1"
    jobs: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    # Whatever a suite or an agent prints must not get between the outcomes.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        while True:
            job = msgspec.json.decode(jobs.get(), type=Job)
            try:
                outcome = Outcome(record=run_job(job, seconds=seconds, keep=keep))
            except EvaluationError as error:
                outcome = Outcome(broken=str(error))
            out.write(msgspec.json.encode(outcome) + b"\n")
            out.flush()


def _read(jobs: queue.Queue[bytes]) -> None:
    for line in sys.stdin.buffer:
        jobs.put(line)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
