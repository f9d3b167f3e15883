"""All agents of `question_answering` and `lifelong_nav` by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from embodied_mem_envs.evaluation.agents.agent import AgentMaker
from embodied_mem_envs.evaluation.agents.bounds import (
    oracle_bound,
    oracle_memory,
    random_agent,
)
from embodied_mem_envs.evaluation.agents.own import nearest_frontier, no_memory, ours
from embodied_mem_envs.evaluation.agents.peers.agent import peer

EXPLORED_DEPTH = 1.7
"""From how near 3D-Mem's floor counts as explored, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentEntry:
    """One agent to compare."""

    about: str
    """One line on what it is."""
    make: AgentMaker


AGENTS: Mapping[str, AgentEntry] = {
    "ours": AgentEntry(about="the product: hippocampus, seeker, answers from its store", make=ours),
    "three_d_mem": AgentEntry(
        about="3D-Mem as published: snapshots by co-visibility, ten classes a question",
        make=peer("three_d_mem", reach=EXPLORED_DEPTH),
    ),
    "three_d_mem_far_sight": AgentEntry(
        about="3D-Mem's memory with our frontiers in the place of its own",
        make=peer("three_d_mem"),
    ),
    "object_list": AgentEntry(
        about="objects with positions and captions, in ConceptGraphs' manner",
        make=peer("object_list"),
    ),
    "even_frames": AgentEntry(about="50 evenly spaced frames with poses", make=peer("even_frames")),
    "last_frames": AgentEntry(about="the last 50 frames with poses", make=peer("last_frames")),
    "captions": AgentEntry(
        about="captions of three seconds as vectors, in ReMEmbR's manner", make=peer("captions")
    ),
    "no_memory": AgentEntry(about="ours, but it forgets between asks", make=no_memory),
    "nearest_frontier": AgentEntry(
        about="ours, but it always explores the nearest frontier", make=nearest_frontier
    ),
    "oracle_memory": AgentEntry(
        about="bound: ours with every thing and its place known", make=oracle_memory
    ),
    "oracle_bound": AgentEntry(
        about="bound: the true answer, and the shortest way to it", make=oracle_bound
    ),
    "random": AgentEntry(about="bound: answers and stops by chance", make=random_agent),
}
"""Ours first."""

BOUNDS = frozenset({"oracle_memory", "oracle_bound", "random"})
"""Agents that are told the truth."""
