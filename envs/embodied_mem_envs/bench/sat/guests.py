"""Agents with SAT memory in other people's environments, against none, a stack and an LSTM."""

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from embodied_mem.models.training.policy import train_policy
from embodied_mem_envs.evaluation.metrics.intervals import Estimate, mean_interval, paired_interval
from embodied_mem_envs.guests.play import play, policy_config
from embodied_mem_envs.guests.table import AGENTS, EVALUATED, GUESTS, Agent

SEEDS: Final = (1000, 1001, 1002)
"""Of the trainings; what was chosen was chosen on seeds below."""
EPISODES: Final = 100
"""Played after each training; the same for all."""
RUNS: Final = "runs.jsonl"
_QUICK: Final = ("none", "sat")
_QUICK_STEPS: Final = 20_000
Row = dict[str, Any]
Run = tuple[str, Agent, int, int]
"""Guest, agent, seed and steps."""


def bench_guests(
    *,
    quick: bool,
    note: Callable[[str], None],
    out: Path | None = None,
    guests: Sequence[str] = tuple(GUESTS),
) -> dict[str, float]:
    """Trains each agent in each guest with each seed, and compares what they reach.

    Args:
        quick: One guest, two agents, one seed and a few thousand steps.
        note: Hears what each run reached.
        out: Folder for `runs.jsonl`, one line a run. Runs that it holds already are not repeated,
            so that a bench that was stopped goes on.
        guests: Those to train in, where it is not quick.

    Returns:
        `guest_<name>_<agent>`, the mean score over seeds; and `guests_better_than_<agent>`, the
        share of guests in which `sat` has the better mean, with the interval of the difference
        over seeds above 0 in `guests_surely_better_than_<agent>`.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(out or Path(folder), _plan(guests, quick=quick), note)
    return compared(rows)


def measured(folder: Path, plan: Iterable[Run], note: Callable[[str], None]) -> list[Row]:
    """Runs what `folder` does not hold yet, and returns the rows of all runs that it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RUNS
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(row["guest"], row["agent"], row["seed"], row["steps"]) for row in rows}
    for name, agent, seed, steps in plan:
        if (name, agent, seed, steps) in done:
            continue
        row = run(name, agent, seed, steps)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, sort_keys=True) + "\n")
        rows.append(row)
        note(f"{name} {agent} seed {seed}: {row['score']:.3f} after {row['cpu_s']:.0f} CPU-s")
    return rows


def run(name: str, agent: Agent, seed: int, steps: int) -> Row:
    """Trains one agent in one guest and plays it."""
    guest = replace(GUESTS[name], steps=steps)
    trained = train_policy(guest.maker(agent), policy_config(guest, agent, seed))
    played = play(guest, trained, range(EVALUATED, EVALUATED + EPISODES))
    return {
        "guest": name,
        "agent": agent,
        "seed": seed,
        "steps": steps,
        "score": played.mean_score,
        "return": played.mean_return,
        "episodes": EPISODES,
        "weights": sum(each.numel() for each in trained.model.policy.parameters()),
        "cpu_s": trained.cpu_s,
        "curve": trained.curve,
    }


def compared(rows: Sequence[Row]) -> dict[str, float]:
    """Returns the figures of `bench_guests`, of the guests and agents that have runs."""
    scores = by_guest(rows)
    figures = {
        f"guest_{name}_{agent}": float(np.mean([*seeds.values()]))
        for name, agents in scores.items()
        for agent, seeds in agents.items()
    }
    for other in AGENTS[:-1]:
        differences = [
            difference(agents["sat"], agents[other])
            for agents in scores.values()
            if "sat" in agents and other in agents
        ]
        if differences:
            better = [each.mean > 0 for each in differences]
            surely = [each.lo > 0 for each in differences]
            figures[f"guests_better_than_{other}"] = float(np.mean(better))
            figures[f"guests_surely_better_than_{other}"] = float(np.mean(surely))
    return figures


def by_guest(rows: Iterable[Row]) -> dict[str, dict[str, dict[int, float]]]:
    """Returns scores by guest, agent and seed."""
    scores: dict[str, dict[str, dict[int, float]]] = {}
    for row in rows:
        scores.setdefault(row["guest"], {}).setdefault(row["agent"], {})[row["seed"]] = row["score"]
    return scores


def difference(own: Mapping[int, float], other: Mapping[int, float]) -> Estimate:
    """Estimates by how much one agent's score is better, over the seeds that both have."""
    seeds = sorted(set(own) & set(other))
    return paired_interval([own[each] for each in seeds], [other[each] for each in seeds])


def _plan(guests: Sequence[str], *, quick: bool) -> list[Run]:
    if quick:
        return [("t_maze", agent, SEEDS[0], _QUICK_STEPS) for agent in AGENTS if agent in _QUICK]
    return [
        (name, agent, seed, GUESTS[name].steps)
        for seed in SEEDS
        for name in guests
        for agent in AGENTS
    ]


def table(rows: Sequence[Row]) -> list[str]:
    """Returns the rows of a Markdown table: scores with intervals over the seeds."""
    lines = ["| guest | " + " | ".join(AGENTS) + " |", "|---" * (1 + len(AGENTS)) + "|"]
    for name, agents in by_guest(rows).items():
        cells = [_cell(agents.get(agent, {})) for agent in AGENTS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _cell(seeds: Mapping[int, float]) -> str:
    if not seeds:
        return "-"
    found = mean_interval([*seeds.values()])
    if found.episodes == 1:
        return f"{found.mean:.2f}"
    return f"{found.mean:.2f} ({found.lo:.2f} to {found.hi:.2f})"
