"""`embodied-mem eval house`: explore houses, keep only the memory file, and answer from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from embodied_mem.cli.result import write_result


@dataclass(frozen=True, kw_only=True)
class EvaluateHouse:
    """Explore houses, close the process, and answer questions from the saved memory alone.

    Half of the questions are paraphrases written apart from the parser. After each house some
    objects are moved, and a second visit shows whether the memory follows them.
    """

    houses: int = 20
    """How many houses."""
    first_seed: int = 1000
    """Seed of the first; the others follow."""
    floors: int = 1
    """Floors of every house, 1 or 2; stairs join two."""
    questions: int = 15
    """Questions a house."""
    moves: int = 6
    """Objects moved before the second visit; 0 leaves it out."""
    width: int = 320
    """Width of the camera's picture in pixels; the height is three quarters of it."""
    steps: int = 2500
    """Ticks a visit at most."""
    segmenter: Literal["instance", "geometric"] = "instance"
    """Where instance masks come from."""
    errors: bool = False
    """Add the default error model: missed, mislabelled and merged masks, depth and pose noise."""
    nearest_frontier: bool = True
    """Walk each house with the nearest-frontier baseline too, and compare the length."""
    out: Path = Path("runs/eval")
    """Folder for memories, questions and answers."""
    resume: bool = False
    """Go on from the houses that `out` holds already."""
    json: Path | None = None
    """Write the metrics and the machine as one JSON file."""

    def run(self) -> int:
        """Evaluates and prints; returns 0."""
        from embodied_mem.cli.progress import progress
        from embodied_mem_envs.evaluation.explore_run import ExploreConfig
        from embodied_mem_envs.evaluation.house_eval import HouseEvalConfig, evaluate_houses
        from embodied_mem_envs.evaluation.report import print_report
        from embodied_mem_envs.evaluation.results import HouseResult

        config = HouseEvalConfig(
            houses=self.houses,
            first_seed=self.first_seed,
            floors=self.floors,
            questions=self.questions,
            nearest_frontier=self.nearest_frontier,
            moves=self.moves,
            explore=ExploreConfig(
                width=self.width,
                max_ticks=self.steps,
                segmenter=self.segmenter,
                errors=self.errors,
            ),
        )
        with progress("houses", self.houses) as advance:

            def done(house: HouseResult) -> None:
                advance(f"house {house.seed}: {house.floor_covered:.3f} of the floor")

            result = evaluate_houses(config, self.out, resume=self.resume, on_house=done)
        metrics = result.metrics()
        print_report(result)
        if self.json is not None:
            write_result(self.json, "eval", self, metrics)
        return 0
