"""What came of a question, and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from embodied_mem.brain.asking.proof import Proof
from embodied_mem.brain.language.recollection import Citation
from embodied_mem.models.metered import Metered
from embodied_mem.models.roles import Part

AskedStatus = Literal["answered", "unknown", "given_up", "refused"]
"""`answered`: with proof. `unknown`: the memory does not tell it. `given_up`: the planner says
that no memory could. `refused`: a model wrote nothing that could be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """A call of a tool, and what came back."""

    tool: str
    arguments: str
    """As JSON."""
    result: str
    failed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What one role cost."""

    calls: int = 0
    """Answers of its model, those that could not be used included."""
    failures: int = 0
    """Calls that ended in an error."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """How long the answers took, summed, s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question and its answer."""

    question: str
    status: AskedStatus
    text: str
    """For the person who asked."""
    citations: tuple[Proof, ...] = ()
    """The records that prove it; each was shown by a tool."""
    pictures: tuple[Citation, ...] = ()
    """Those of them that are pictures of what was asked about, with its box."""
    calls: tuple[Called, ...] = ()
    """Of tools, in their order."""
    usage: Mapping[Part, Spent] = field(default_factory=dict)
    """Of each role."""

    @property
    def seconds(self) -> float:
        """How long the models took: what a simulated clock charges."""
        return sum(each.seconds for each in self.usage.values())


def spent(meter: Metered) -> Spent:
    """Returns what the calls through a meter cost."""
    usage = meter.usage()
    return Spent(
        calls=usage.calls,
        failures=usage.failures,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=usage.seconds,
    )
