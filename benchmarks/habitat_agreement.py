"""Compares your Habitat-Sim with our house simulator: `python benchmarks/habitat_agreement.py`.

Needs EMBODIED_MEM_HABITAT_PYTHON (see launch/habitat/README.md) and the extra `export`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from embodied_mem.cli.result import write_result
from embodied_mem.errors import EmbodiedMemError
from embodied_mem_envs.habitat.agreement import AgreementConfig, measure_agreement


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Compare depth, instance ids and answers, and watch one worker for leaks."""

    houses: int = 3
    """How many houses."""
    first_seed: int = 100
    """Seed of the first house."""
    rooms: int | None = None
    """Rooms of every house; drawn from its seed where not given."""
    floors: int = 1
    """Floors of every house, 1 or 2."""
    poses: int = 100
    """Camera poses a house."""
    questions: int = 30
    """Questions a house; 0 leaves the walks out."""
    steps: int = 10_000
    """Steps of one worker; 0 leaves them out."""
    json: Path | None = None
    """Write the figures and the machine as one JSON file."""

    def run(self) -> None:
        """Measures and prints."""
        config = AgreementConfig(
            houses=self.houses,
            first_seed=self.first_seed,
            rooms=self.rooms,
            floors=self.floors,
            poses=self.poses,
            questions=self.questions,
            steps=self.steps,
        )
        metrics = measure_agreement(config)
        for name, value in metrics.items():
            print(f"{name:28} {value:.5g}")
        if self.json is not None:
            write_result(self.json, "habitat_agreement", self, metrics)


if __name__ == "__main__":
    try:
        tyro.cli(Agreement).run()
    except EmbodiedMemError as error:
        sys.exit(f"error: {error}")
