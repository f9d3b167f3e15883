"""`embodied-mem eval manipulate`: tasks at the tabletop, with and without faults."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError

if TYPE_CHECKING:
    from embodied_mem_envs.evaluation.manipulate import ManipulateEvalConfig
    from embodied_mem_envs.evaluation.manipulate_records import EpisodeRecord


@dataclass(frozen=True, kw_only=True)
class EvaluateManipulate:
    """Let an agent do what it is told at the tabletop, and judge it by the truth.

    The agent never sees the truth. Each finished episode is one line of episodes.jsonl in `out`.
    """

    families: str = "all"
    """Families of tasks with commas between them, or `all`."""
    levels: str = "1,2,3"
    """Levels, taken in turn from seed to seed."""
    seeds: int = 20
    """Episodes of each family without faults, and of each fault."""
    first_seed: int = 1000
    """Seed of the first; the others follow."""
    clean: bool = True
    """Run episodes without faults."""
    faults: str = "none"
    """Faults with commas between them, `none` or `all`; families come in turn."""
    magnitude: float = 1.0
    """Times the usual magnitude of each fault."""
    agent: str = "full"
    """`full`, a baseline (`open_loop`, `rekep`, `tree`, `every_step`), an entry point, or
    `module:factory`."""
    memory: Literal["on", "off"] = "on"
    """Whether the agent may keep what it watched before it is told what to do."""
    repeat: bool = False
    """Let each clean task come again: the same things at new poses, in other words."""
    every_step: bool = False
    """Let the agent that plans every step do the same clean tasks, and compare model calls."""
    jobs: int = 1
    """Processes."""
    limit: float = 300.0
    """Seconds of wall time after which an episode is given up."""
    out: Path = Path("runs/manipulate")
    """Folder for the records, and for what agents remember and learn."""
    resume: bool = False
    """Go on from the episodes that `out` holds already."""
    json: Path | None = None
    """Write the metrics and the machine as one JSON file."""

    def run(self) -> int:
        """Evaluates and prints; returns 0."""
        from embodied_mem_envs.evaluation.manipulate_metrics import metrics
        from embodied_mem_envs.evaluation.manipulate_report import print_manipulate_report

        config = self._config()
        records = self._evaluate(config, self.agent)
        against = self._every_step(config)
        figures = metrics(records, against)
        print_manipulate_report(records, figures)
        if self.json is not None:
            write_result(self.json, "eval manipulate", self, figures)
        return 0

    def _config(self) -> "ManipulateEvalConfig":
        from embodied_mem_envs.evaluation.manipulate import ManipulateEvalConfig
        from embodied_mem_envs.evaluation.manipulate_faults import fault_names
        from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS

        everything = self.families == "all"
        chosen = [name.strip() for name in self.levels.split(",")]
        levels = tuple(level for level in LEVELS if str(level) in chosen)
        if len(levels) != len(chosen):
            raise ConfigError(f"levels are {self.levels!r}; expected some of 1,2,3")
        return ManipulateEvalConfig(
            families=tuple(FAMILIES) if everything else tuple(_names(self.families)),
            levels=levels,
            seeds=self.seeds,
            first_seed=self.first_seed,
            clean=self.clean,
            faults=fault_names(self.faults),
            factor=self.magnitude,
            repeat=self.repeat,
            memory=self.memory == "on",
            seconds=self.limit,
        )

    def _every_step(self, config: "ManipulateEvalConfig") -> "list[EpisodeRecord]":
        from dataclasses import replace

        if not self.every_step:
            return []
        return self._evaluate(replace(config, faults=(), repeat=False), "every_step")

    def _evaluate(self, config: "ManipulateEvalConfig", agent: str) -> "list[EpisodeRecord]":
        from embodied_mem.cli.progress import progress
        from embodied_mem_envs.evaluation.manipulate import cases_of, evaluate_manipulate

        total = sum(map(len, cases_of(config)))
        with progress(f"{agent}: episodes", total) as advance:

            def note(record: "EpisodeRecord") -> None:
                case = record.case
                end = "done" if record.success else "failed"
                advance(f"{case.family} {case.level} {case.seed} {case.fault or case.run}: {end}")

            return evaluate_manipulate(
                config,
                self.out,
                agent=agent,
                resume=self.resume,
                jobs=self.jobs,
                on_record=note,
            )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
