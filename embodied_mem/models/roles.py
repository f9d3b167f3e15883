"""Who does which part of thinking: a planner, a caller and a summariser, each its own model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, final

from embodied_mem.models.client import ModelClient

Part = Literal["planner", "caller", "summariser"]
PARTS: Final[tuple[Part, ...]] = ("planner", "caller", "summariser")


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """The clients of the three roles: one decides what comes next, one writes calls, one concludes.

    From alpha-UMi (Shen et al. 2024, Small LLMs Are Weak Tool Learners, section 3).
    """

    planner: ModelClient
    caller: ModelClient
    summariser: ModelClient

    @classmethod
    def of(
        cls,
        planner: ModelClient,
        *,
        caller: ModelClient | None = None,
        summariser: ModelClient | None = None,
    ) -> "Roles":
        """Returns the roles; those without a client of their own are the planner's too."""
        return cls(planner=planner, caller=caller or planner, summariser=summariser or planner)

    def __iter__(self) -> Iterator[tuple[Part, ModelClient]]:
        for part in PARTS:
            yield part, getattr(self, part)
