"""`embodied-mem eval`: the house and the tabletop, judged by ground truth that no agent sees."""

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from embodied_mem.cli.evaluate_house import EvaluateHouse
from embodied_mem.cli.evaluate_manipulate import EvaluateManipulate

What = (
    Annotated[EvaluateHouse, tyro.conf.subcommand("house")]
    | Annotated[EvaluateManipulate, tyro.conf.subcommand("manipulate")]
)


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Evaluate memory in the house, or an arm's brain at the tabletop."""

    what: What = field(default_factory=EvaluateHouse)
    """What to evaluate."""

    def run(self) -> int:
        """Evaluates and prints; returns 0."""
        return self.what.run()
