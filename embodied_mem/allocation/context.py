"""What an allocator may know besides the store and the candidate."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from embodied_mem.allocation.demand import DemandProfile
from embodied_mem.memory.record import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class AllocationContext:
    """When and where a candidate arrives, and what must not be touched for it."""

    tick: int
    """Now."""
    place: str | None = None
    """Id of the place that the agent is in."""
    position: tuple[float, float, float] | None = None
    """Where the agent is, metres, world frame."""
    task: str | None = None
    """Name of the task, where it is known; most allocators must do without."""
    protected_ids: frozenset[str] = frozenset()
    """Records that are neither dropped nor lowered."""
    protected_kinds: frozenset[Kind] = frozenset()
    """Kinds of records that are neither dropped nor lowered."""
    visits: Mapping[str, int] = field(default_factory=dict)
    """How often the agent has come into each place, by the place's id."""
    demand: DemandProfile | None = None
    """What was asked lately, where the agent keeps that."""
