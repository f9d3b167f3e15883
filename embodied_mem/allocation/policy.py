"""What decides: a policy of the head, for many decisions at once."""

from typing import Protocol

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Float32Array


class Policy(Protocol):
    """Chooses one action for each of B decisions, rule or trained network alike."""

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator,
    ) -> AnyArray:
        """Chooses actions.

        Args:
            slots: (B, E, F) inputs of each entry, the candidate last; `inputs.SLOT_FEATURES`.
            context: (B, C) inputs that all entries share; `inputs.CONTEXT_FEATURES`.
            mask: (B, E, 4) which operations are valid; at least one is.
            rng: Source of chance.

        Returns:
            (B,) actions as `head.action_of` numbers them.
        """
        ...
