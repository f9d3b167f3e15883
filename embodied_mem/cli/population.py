"""Several trainings that differ in seed and settings only: beside each other, then compared."""

import itertools
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result
from embodied_mem.errors import ClusterError, ConfigError

if TYPE_CHECKING:
    from dataclasses import Field

    from embodied_mem_envs.evaluation.metrics.intervals import Estimate

RESULT: Final = "result.json"
CHECKPOINT: Final = "checkpoint.safetensors"
_TRIES: Final = 4
"""So often a member is begun or gone on with, each time from its own checkpoint."""


class Training(Protocol):
    """A verb that trains: a dataclass that leaves `result.json` in its folder."""

    __dataclass_fields__: ClassVar[dict[str, "Field[Any]"]]

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        ...

    @property
    def out(self) -> Path:
        """Folder for checkpoint and result."""
        ...

    @property
    def resume(self) -> bool:
        """Go on from the checkpoint in the folder."""
        ...

    def run(self) -> int:
        """Trains."""
        ...


class Populous(Training, Protocol):
    """A verb that trains one or a population."""

    @property
    def population(self) -> int:
        """How many seeds."""
        ...

    @property
    def vary(self) -> tuple[str, ...]:
        """Settings that are varied."""
        ...

    @property
    def ray(self) -> str | None:
        """A cluster."""
        ...

    @property
    def minutes(self) -> float | None:
        """Each stops after so long."""
        ...

    @property
    def json(self) -> Path | None:
        """A further file for the result."""
        ...


AnyTraining = TypeVar("AnyTraining", bound=Training)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One training of a population, and what came of it."""

    setting: str
    """Settings that were varied, as `name=value`; empty where none were."""
    seed: int
    folder: Path
    metrics: Mapping[str, float | None]
    finished: bool
    error: str = ""
    """Why there is no result."""


def run_population(command: str, training: Populous) -> int:
    """Trains a population and tells of it; returns 0, or 1 if a member was not finished."""
    alike = {"population": 1, "vary": (), "ray": None, "json": None}
    members = members_of(training, training.population, training.vary, alike)
    trained = train_population(command, members, training.ray)
    report_population(command, training, trained, training.json)
    finished = all(each.finished for each in trained)
    return 0 if finished or training.minutes is not None else 1


def members_of(
    training: AnyTraining, seeds: int, vary: Sequence[str], alike: Mapping[str, Any]
) -> list[tuple[str, AnyTraining]]:
    """Returns the trainings of a population, each with the settings that were varied.

    Args:
        training: What they all are like; its seed is the first.
        seeds: How many seeds, one behind the other.
        vary: `name=value,value` for each setting that is varied; all combinations are trained.
        alike: Fields that every member has otherwise than `training`.

    Raises:
        ConfigError: If a setting is unknown or varied twice, a value of another type or there
            twice, or there is no seed.
    """
    from embodied_mem.cli.evaluate_suite import parse_options

    if seeds < 1:
        raise ConfigError(f"--population is {seeds}; expected 1 or more seeds")
    known = {
        field.name: getattr(training, field.name)
        for field in fields(training)
        if field.name not in ("seed", "out", "resume", "json", *alike)
    }
    columns, varied = [], set[str]()
    for pair in vary:
        name, _, values = pair.partition("=")
        column = [parse_options(known, [f"{name}={value}"]) for value in values.split(",")]
        if name in varied or any(column.count(each) > 1 for each in column):
            raise ConfigError(f"--vary {pair} would train the same twice, into one folder")
        varied.add(name)
        columns.append(column)
    members = []
    for combination in itertools.product(*columns):
        options = {name: value for each in combination for name, value in each.items()}
        setting = ",".join(f"{name}={value}" for name, value in options.items())
        for seed in range(training.seed, training.seed + seeds):
            out = training.out / setting / f"seed-{seed}"
            member = replace(training, **alike, **options, seed=seed, out=out)
            members.append((setting, member))
    return members


def train_member(member: Training) -> dict[str, Any]:
    """Trains one member, from its checkpoint where there is one; returns its `result.json`."""
    if (member.out / CHECKPOINT).exists():
        member = replace(member, resume=True)
    member.run()
    result: dict[str, Any] = json.loads((member.out / RESULT).read_text(encoding="utf-8"))
    return result


def train_population(
    title: str, members: Sequence[tuple[str, Training]], ray: str | None
) -> list[Member]:
    """Trains all members, here one after the other or on a cluster beside each other.

    A member whose worker dies goes on from its checkpoint at another; the others notice nothing.

    Args:
        title: Of the progress that is shown.
        members: As of `members_of`.
        ray: A cluster, as of `scale.cluster.joined`; None for this process. Their folders have to
            lie on storage that all its machines share, under the same path.

    Raises:
        ConfigError: If a member cannot be trained as it is set, or there is no such cluster.
    """
    for _, member in members:
        member.out.mkdir(parents=True, exist_ok=True)
        if not member.resume:
            (member.out / CHECKPOINT).unlink(missing_ok=True)
    found: dict[int, Member] = {}
    with progress(title, len(members)) as advance:
        for index, result in _results([member for _, member in members], ray):
            found[index] = _told(*members[index], result)
            said = found[index].error or _figures(found[index].metrics)
            advance(f"{found[index].setting} seed {found[index].seed}: {said}".strip())
    return [found[index] for index in range(len(members))]


def _results(
    members: Sequence[Training], ray: str | None
) -> Iterator[tuple[int, dict[str, Any] | ClusterError]]:
    if ray is None:
        for index, member in enumerate(members):
            yield index, train_member(member)
        return
    from embodied_mem_envs.scale.cluster import joined

    # Another machine has another working directory.
    there = [replace(member, out=member.out.resolve()) for member in members]
    with joined(ray) as cluster:
        yield from cluster.each(train_member, [(member,) for member in there], tries=_TRIES)


def _told(setting: str, member: Training, result: dict[str, Any] | ClusterError) -> Member:
    lost = isinstance(result, ClusterError)
    return Member(
        setting=setting,
        seed=member.seed,
        folder=member.out,
        metrics={} if isinstance(result, ClusterError) else result["metrics"],
        finished=not isinstance(result, ClusterError) and bool(result.get("finished", True)),
        error=str(result) if lost else "",
    )


def _figures(metrics: Mapping[str, float | None]) -> str:
    shown = {name: metrics.get(name) for name in ("validation", "held_out")}
    return ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in shown.items() if v is not None)


def best_of(members: Sequence[Member]) -> Member | None:
    """Returns the member that is best on `validation`; nothing is chosen by any other figure."""
    judged = [each for each in members if each.metrics.get("validation") is not None]
    return max(judged, key=lambda each: each.metrics["validation"] or 0.0, default=None)


def summarised(members: Sequence[Member]) -> dict[str, dict[str, "Estimate"]]:
    """Returns mean and interval over the seeds, by setting and metric."""
    from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

    summary: dict[str, dict[str, Estimate]] = {}
    for setting, group in itertools.groupby(members, key=lambda each: each.setting):
        there = [each.metrics for each in group if not each.error]
        columns: dict[str, list[float]] = {}
        for metrics in there:
            for name, value in metrics.items():
                if value is not None:
                    columns.setdefault(name, []).append(value)
        summary[setting] = {name: mean_interval(values) for name, values in columns.items()}
    return summary


def report_population(
    command: str, config: Training, members: Sequence[Member], json_path: Path | None
) -> None:
    """Prints the table, writes `result.json` and keeps the best member's policy in the folder."""
    from rich.console import Console
    from rich.table import Table

    summary, best = summarised(members), best_of(members)
    table = Table("setting", "figure", "mean", "95 %", "seeds", title=command, title_justify="left")
    for setting, estimates in summary.items():
        for name, each in estimates.items():
            interval = f"{each.lo:.4g} to {each.hi:.4g}" if each.episodes > 1 else "-"
            row = (setting or "-", name.replace("_", " "), f"{each.mean:.4g}", interval)
            table.add_row(*row, str(each.episodes))
    console = Console()
    console.print(table)
    for member in members:
        if member.error:
            console.print(f"{member.folder}: {member.error}", markup=False, highlight=False)
    metrics = {
        f"{setting}.{name}" if setting else name: estimate.mean
        for setting, estimates in summary.items()
        for name, estimate in estimates.items()
    }
    extra: dict[str, Any] = {"members": members, "intervals": summary, "best": best}
    for path in {config.out / RESULT, *([json_path] if json_path else [])}:
        write_result(path, f"{command} population", config, metrics, **extra)
    if best is not None:
        for suffix in (".safetensors", ".json"):
            shutil.copyfile(best.folder / f"best{suffix}", config.out / f"best{suffix}")
        said = (
            f"best by validation: {best.folder}, kept as {config.out / 'best'}.safetensors, .json"
        )
        console.print(said, markup=False, highlight=False, soft_wrap=True)
