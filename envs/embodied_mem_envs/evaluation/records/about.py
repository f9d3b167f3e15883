"""What an evaluation is of: written beside its records, so that they can be read by themselves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem.files import write_bytes

ABOUT = "evaluation.json"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation: a suite with settled options."""

    suite: str
    version: int
    """Of the suite."""
    settings: str
    """Digest of the options that results depend on."""
    options: dict[str, Any]
    """All options, without those that only choose episodes."""
    package: str
    """Version of the package."""
    agents: dict[str, str]
    """Agents that were run, in the order of the suite, each with one line on what it is."""
    metrics: dict[str, int]
    """Version of each metric's definition."""
    machines: tuple[dict[str, Any], ...] = ()
    """Where it was run."""


def read_about(folder: Path) -> About:
    """Reads what the records in a folder are of.

    Raises:
        EvaluationError: If there is no evaluation, or its description is damaged.
    """
    try:
        return msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.DecodeError) as error:
        raise EvaluationError(f"{folder} holds no evaluation that can be read: {error}") from error


def write_about(folder: Path, about: About) -> None:
    """Writes it whole or not at all."""
    data = msgspec.json.encode(about)
    write_bytes(folder / ABOUT, msgspec.json.format(data, indent=1) + b"\n")


def joined(abouts: Sequence[About], order: Mapping[str, str] | None = None) -> About:
    """Returns what several parts of one evaluation are of together.

    Args:
        abouts: At least one.
        order: Agents in the order that they are shown in; else as they come.

    Raises:
        ConfigError: If they are not of the same suite, version, settings and metrics.
    """
    first = abouts[0]
    agents: dict[str, str] = {}
    machines: list[dict[str, Any]] = []
    for about in abouts:
        fit(first, about)
        agents |= {name: words for name, words in about.agents.items() if name not in agents}
        machines += [machine for machine in about.machines if machine not in machines]
    if order is not None:
        agents = {name: agents[name] for name in [*order, *agents] if name in agents}
    return msgspec.structs.replace(first, agents=agents, machines=tuple(machines))


def fit(there: About, here: About) -> None:
    """Checks that two evaluations can be taken as one.

    Raises:
        ConfigError: If they cannot; it names what differs.
    """
    for name in ("suite", "version", "options", "metrics"):
        old, new = getattr(there, name), getattr(here, name)
        if old != new:
            raise ConfigError(
                f"the records are of another evaluation: {name} {_difference(old, new)}; run into "
                "another folder, or with the same settings"
            )


def _difference(old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
        return ", ".join(f"{key} was {old.get(key)!r}, is {new.get(key)!r}" for key in keys)
    return f"was {old!r}, is {new!r}"
