"""What one job plays with."""

from typing import Any

from embodied_mem.errors import unknown_name
from embodied_mem_envs.evaluation.suites.suite import Job, Suite


def job_options(suite: Suite, job: Job) -> dict[str, Any]:
    """Returns the options of a job, the suite's defaults where it names none.

    Raises:
        ConfigError: If the suite has no agent of the job's.
    """
    if job.agent not in suite.agents:
        raise unknown_name("agent", job.agent, suite.agents)
    return {**suite.options, **job.options}
