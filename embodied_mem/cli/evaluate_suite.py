"""`embodied-mem eval SUITE`: agents compared on the same episodes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from embodied_mem_envs.evaluation.running.evaluation import Evaluated, EvaluationPlan
    from embodied_mem_envs.evaluation.running.executor import Executor
    from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Suite


@dataclass(frozen=True, kw_only=True)
class EvaluateSuite:
    """Compare agents on the same seeded episodes."""

    suite: ClassVar[str] = ""
    """Which; each suite has a class of its own."""

    agent: tuple[str, ...] = ()
    """Which agents; all of the suite unless some are named."""
    episodes: int | None = None
    """How many episodes an agent; None for what the suite has."""
    first_seed: int | None = None
    """Seed of the first episode, the others follow; None for what the suite has."""
    workers: int | None = None
    """Processes; None for one a core, 0 for none: everything in this process."""
    ray: str | None = None
    """Evaluate on a cluster instead: `auto` (the one that runs), `local` (one on this machine, for
    the length of the command) or HOST:PORT of its head (extra `ray`). `out` has to lie on storage
    that its machines share."""
    resume: bool = False
    """Go on from the episodes that `out` holds already; agents and seeds may be added."""
    out: Path | None = None
    """Folder for records and episodes; None for runs/ and the suite's name."""
    report: bool = False
    """Write report.html into `out`."""
    json: Path | None = None
    """Write the metrics and the machine as one JSON file."""
    set: tuple[str, ...] = ()
    """Options of the suite, each as option=value."""
    limit: float = 600.0
    """Seconds of wall time after which an episode is given up and counts as failed."""
    keep: bool = False
    """Keep all files of the episodes; else their pictures only."""
    list: bool = False
    """Say which agents and options there are, and run nothing."""

    def run(self) -> int:
        """Evaluates and prints; returns 0."""
        from embodied_mem_envs.evaluation.reporting.console import print_evaluation
        from embodied_mem_envs.evaluation.suites.registry import load_suite

        suite = load_suite(self.suite)
        if self.list:
            print_suite(suite)
            return 0
        evaluated = self._evaluate(suite)
        print_evaluation(evaluated)
        if self.json is not None:
            write_figures(self.json, self, evaluated)
        if self.report:
            from embodied_mem_envs.evaluation.reporting.page import write_report

            print(f"report: {write_report(self._folder(), evaluated)}")
        return 0

    def _evaluate(self, suite: "Suite") -> "Evaluated":
        from contextlib import ExitStack

        from embodied_mem.cli.progress import Advance, progress
        from embodied_mem_envs.evaluation.running.evaluation import run_evaluation

        with ExitStack() as shown:
            advance: Advance | None = None

            def begin(total: int, done: int) -> None:
                nonlocal advance
                advance = shown.enter_context(progress(f"eval {suite.name}", total - done))

            def note(record: "EpisodeRecord") -> None:
                if advance is not None:
                    end = "broken" if record.error else f"{record.values.get('right', 0.0):.2f}"
                    advance(f"{record.agent} {record.seed}: {end}")

            executor = shown.enter_context(self._executor())
            return run_evaluation(
                self._plan(suite),
                self._folder(),
                executor,
                resume=self.resume,
                on_plan=begin,
                on_record=note,
            )

    def _plan(self, suite: "Suite") -> "EvaluationPlan":
        from embodied_mem_envs.evaluation.running.evaluation import EvaluationPlan

        options = parse_options(suite.options, self.set)
        for name in ("episodes", "first_seed"):
            given = getattr(self, name)
            if given is not None:
                options[name] = given
        return EvaluationPlan(suite=self.suite, agents=self.agent, options=options)

    def _folder(self) -> Path:
        return self.out or Path("runs") / self.suite.replace(":", "-")

    @contextmanager
    def _executor(self) -> "Iterator[Executor]":
        from embodied_mem_envs.evaluation.running.executor import JobLimits, SerialExecutor
        from embodied_mem_envs.evaluation.running.processes import ProcessExecutor

        if self.limit <= 0.0:
            raise ConfigError(f"--limit is {self.limit}; expected more than 0 seconds")
        limits = JobLimits(seconds=self.limit, keep=self.keep)
        if self.ray is not None:
            from embodied_mem_envs.evaluation.running.ray_executor import RayExecutor
            from embodied_mem_envs.scale.cluster import joined

            with joined(self.ray, cpus=self.workers) as cluster:
                yield RayExecutor(cluster, limits)
        elif self.workers == 0:
            yield SerialExecutor(limits)
        else:
            yield ProcessExecutor(self.workers, limits)


def parse_options(known: Mapping[str, Any], given: Sequence[str]) -> dict[str, Any]:
    """Reads `option=value` pairs, each value as the type that its default has.

    Raises:
        ConfigError: If an option is unknown, or its value is of another type.

    >>> parse_options({"width": 64, "noise": 0.5, "loud": False}, ["width=32", "loud=true"])
    {'width': 32, 'loud': True}
    """
    options = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair!r} is no option=value")
        if name not in known:
            raise unknown_name("option", name, known)
        options[name] = _value(name, known[name], text)
    return options


def _value(name: str, default: Any, text: str) -> Any:
    if isinstance(default, str):
        return text
    kind = Any if default is None else float if isinstance(default, float) else type(default)
    try:
        return msgspec.json.decode(text.encode(), type=kind)
    except msgspec.DecodeError as error:
        if default is None:
            return text
        raise ConfigError(f"--set {name}={text}: expected {type(default).__name__}") from error


def print_suite(suite: "Suite") -> None:
    """Prints the agents and options of a suite."""
    from rich.console import Console
    from rich.table import Table

    agents = Table("agent", "what it is", title=f"{suite.name}: agents", title_justify="left")
    for name, words in suite.agents.items():
        agents.add_row(name, words)
    options = Table("option", "default", title=f"{suite.name}: options", title_justify="left")
    for name, value in suite.options.items():
        options.add_row(name, msgspec.json.encode(value).decode())
    console = Console()
    console.print(agents)
    console.print(options)


def write_figures(path: Path, config: object, evaluated: "Evaluated") -> None:
    """Writes all figures of an evaluation as the one shape of results."""
    from embodied_mem_envs.evaluation.metrics.summary import flat_metrics, summarise

    figures = flat_metrics(summarise(evaluated.records))
    write_result(
        path,
        f"eval {evaluated.about.suite}",
        config,
        figures,
        evaluation=evaluated.about,
    )
