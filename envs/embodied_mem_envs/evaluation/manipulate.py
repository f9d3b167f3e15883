"""Evaluates an agent at the tabletop: all families, with and without faults, and once more."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem_envs.evaluation.manipulate_agent import AgentFactory, load_agent
from embodied_mem_envs.evaluation.manipulate_episode import EpisodeSetup, run_episode
from embodied_mem_envs.evaluation.manipulate_faults import FAULT_PLANS
from embodied_mem_envs.evaluation.manipulate_records import Case, EpisodeRecord, RecordFile
from embodied_mem_envs.tabletop.faults import FaultName
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, Level

RECORDS = "episodes.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class ManipulateEvalConfig:
    """Settings of `evaluate_manipulate`."""

    families: tuple[str, ...] = tuple(FAMILIES)
    """Which families."""
    levels: tuple[Level, ...] = LEVELS
    """Levels, taken in turn from seed to seed."""
    seeds: int = 20
    """Episodes of each family without faults, and of each fault."""
    first_seed: int = 1000
    """Seed of the first; the others follow."""
    clean: bool = True
    """Whether to run episodes without faults."""
    faults: tuple[FaultName, ...] = ()
    """Faults to run with, families in turn."""
    factor: float = 1.0
    """Times the usual magnitude of each fault."""
    repeat: bool = False
    """Whether each clean task comes again, at new poses and in other words."""
    memory: bool = True
    """Whether the agent may keep what it watched."""
    seconds: float = 300.0
    """Wall time after which an episode is given up."""

    def __post_init__(self) -> None:
        """Checks names and counts.

        Raises:
            ConfigError: If a family or level is unknown, or there is nothing to run.
        """
        for family in self.families:
            if family not in FAMILIES:
                raise unknown_name("family of tasks", family, FAMILIES)
        if not self.families or not self.levels or not set(self.levels) <= set(LEVELS):
            raise ConfigError(
                f"families {self.families} and levels {self.levels}; expected at least one of "
                f"each, levels from {LEVELS}"
            )
        if self.seeds < 1 or self.first_seed < 0 or self.seconds <= 0.0 or self.factor <= 0.0:
            raise ConfigError(
                f"seeds {self.seeds}, first seed {self.first_seed}, seconds {self.seconds}, factor "
                f"{self.factor}; expected at least 1, 0 or more, and more than 0"
            )
        if not self.clean and not self.faults:
            raise ConfigError("there is nothing to run: neither clean episodes nor faults")


def cases_of(config: ManipulateEvalConfig) -> Iterator[tuple[Case, ...]]:
    """Yields what is run, cases that depend on each other together: a task and its repeat."""
    for number in range(config.seeds if config.clean else 0):
        for family in config.families:
            level = config.levels[number % len(config.levels)]
            first = Case(family=family, level=level, seed=config.first_seed + number)
            again = Case(family=family, level=level, seed=first.seed, run="repeat")
            yield (first, again) if config.repeat else (first,)
    for fault in config.faults:
        yield from _faulty_cases(config, fault)


def _faulty_cases(config: ManipulateEvalConfig, fault: FaultName) -> Iterator[tuple[Case, ...]]:
    """Families and levels in turn, shifted after each round so that all pairs come up."""
    plan = FAULT_PLANS[fault]
    families = [family for family in plan.families if family in config.families]
    levels = [level for level in plan.levels if level in config.levels]
    if not families or not levels:
        return
    for number in range(config.seeds):
        turn, family = divmod(number, len(families))
        yield (
            Case(
                family=families[family],
                level=levels[(turn + family) % len(levels)],
                seed=config.first_seed + number,
                fault=fault,
                factor=config.factor,
            ),
        )


def evaluate_manipulate(
    config: ManipulateEvalConfig,
    out: Path,
    *,
    agent: str = "full",
    make_agent: AgentFactory | None = None,
    resume: bool = False,
    jobs: int = 1,
    on_record: Callable[[EpisodeRecord], None] | None = None,
) -> list[EpisodeRecord]:
    """Runs an agent through all cases of a configuration.

    Each finished episode is one line of `out/episodes.jsonl`, written at once, so that an
    evaluation that was cut off goes on where it was. Several agents may share the folder.

    Args:
        config: What to run.
        out: Folder for the records, and for what agents remember and learn; made if missing.
        agent: Name of the agent, as `load_agent` takes it.
        make_agent: Makes the agent, where it has no name to be loaded by; with one job only.
        resume: Take the episodes of this agent that `out` holds as done; else they are dropped.
        jobs: Processes to spread the episodes over.
        on_record: Called with each record of this run, also with those that were done before.

    Returns:
        The records of this agent and configuration, in the order of the cases.

    Raises:
        ConfigError: If the agent is unknown, or cannot be sent to other processes.
    """
    if make_agent is not None and jobs > 1:
        raise ConfigError("an agent without a name cannot run in other processes; use jobs=1")
    if make_agent is None:
        load_agent(agent)  # so that a wrong name is told before anything runs
    file = RecordFile(out / RECORDS)
    if not resume:
        file.drop(agent, config.memory)
    groups = list(cases_of(config))
    open_groups = []
    for group in groups:
        known = [file.find(agent, config.memory, case) for case in group]
        if all(record is not None for record in known):
            for record in known:
                _tell(on_record, record)
        else:
            open_groups.append(group)
    for records in _run_all(open_groups, config, out, agent, make_agent, jobs):
        for record in records:
            file.add(record)
            _tell(on_record, record)
    found = (file.find(agent, config.memory, case) for group in groups for case in group)
    return [record for record in found if record is not None]


def _tell(on_record: Callable[[EpisodeRecord], None] | None, record: EpisodeRecord | None) -> None:
    if on_record is not None and record is not None:
        on_record(record)


def _run_all(
    groups: list[tuple[Case, ...]],
    config: ManipulateEvalConfig,
    out: Path,
    agent: str,
    make_agent: AgentFactory | None,
    jobs: int,
) -> Iterator[list[EpisodeRecord]]:
    if jobs == 1:
        for group in groups:
            yield _run_group(group, config, out, agent, make_agent)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(_run_group, group, config, out, agent, None) for group in groups]
        for run in as_completed(runs):
            yield run.result()


def _run_group(
    group: tuple[Case, ...],
    config: ManipulateEvalConfig,
    out: Path,
    agent: str,
    make_agent: AgentFactory | None,
) -> list[EpisodeRecord]:
    """Runs cases that share what is learned; in a process of its own where there are many jobs."""
    first = group[0]
    plain = re.sub(r"\W+", "-", agent) + ("" if config.memory else "-without-memory")
    name = "-".join(filter(None, (first.family, str(first.level), str(first.seed), first.fault)))
    setup = EpisodeSetup(
        agent=agent,
        folder=out / plain / name,
        memory=config.memory,
        seconds=config.seconds,
    )
    maker = make_agent if make_agent is not None else load_agent(agent)
    return [run_episode(case, maker, setup) for case in group]
