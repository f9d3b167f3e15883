"""Plays one small episode of a suite."""

from pathlib import Path
from typing import Any

from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job, Suite

SMALL: dict[str, dict[str, Any]] = {
    "recall": {"asks": 30, "rooms": 3, "visits": 2, "width": 96},
    "mixed_session": {"adversarial": 5, "rooms": 3, "width": 48},
}


def run(suite: Suite, agent: str, folder: Path, seed: int = 2, **options: Any) -> EpisodeRecord:
    """Plays it with one agent."""
    place = folder / f"{suite.name}-{agent}-{seed}"
    job = Job(
        suite=suite.name,
        agent=agent,
        seed=seed,
        folder=str(place),
        options={**SMALL[suite.name], **options},
    )
    return suite.run(job, place)
