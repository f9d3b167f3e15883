"""Edits of a working memory by a policy: a rule over features of lines, or a trained network."""

from pathlib import Path
from typing import Self, final

import numpy as np

from embodied_mem.allocation.head import entry_and_operation
from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.policy import Policy
from embodied_mem.memory.working.editing import View
from embodied_mem.memory.working.fitting import drop_details
from embodied_mem.memory.working.line_features import (
    LINE_CONTEXT,
    LINE_FEATURES,
    low_water,
    observe_lines,
)
from embodied_mem.memory.working.lines import Line, total


@final
class PolicyEditor:
    """Takes one note away after the other, as a policy says, once the cap is reached.

    Chunks that are shown again go first. The line of a chunk stays, so that what was taken away
    can be shown again by its id.

    Args:
        policy: Chooses among lines; sees `LINE_FEATURES` and `LINE_CONTEXT`.
        seed: Of what a policy may draw.
    """

    keeps_details = True

    def __init__(self, policy: Policy, seed: int = 0) -> None:
        self._policy = policy
        self._rng = np.random.default_rng(seed)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a trained policy, in NumPy; `allocation.weights` says what a path may be.

        Raises:
            ConfigError: If a file is missing or damaged, or the policy sees something else.
        """
        network = ScorerNetwork.load(
            path, slot_features=LINE_FEATURES, context_features=LINE_CONTEXT
        )
        return cls(network)

    def edit(self, lines: list[Line], view: View) -> list[Line]:
        """Returns the lines as they are where they fit, else fewer."""
        if total(lines) <= view.cap:
            return lines
        target = low_water(view.cap)
        lines = list(drop_details(lines, set(view.fixed), target))
        dropped = 0
        while total(lines) > target:
            slots, context, mask = observe_lines(lines, view, dropped)
            if not mask.any():
                break
            action = self._policy(slots[None], context[None], mask[None], self._rng)
            entry, _ = entry_and_operation(action[0])
            del lines[int(entry)]
            dropped += 1
        return lines
