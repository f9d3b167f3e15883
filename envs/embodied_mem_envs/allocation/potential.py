"""What a memory would still be worth if nothing in it were ever changed again.

With it a reward can say at once what an operation was good for, instead of question by question
until the end of the episode: reward + potential afterwards - potential before. The sum over an
episode stays the same, and so does the best policy (Ng, Harada and Russell, Policy invariance
under reward transformations, ICML 1999). It knows what will be asked, so it is for training only.
"""

from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float32Array
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.table import EpisodeTable


@final
class FrozenValue:
    """Expected outcomes of all questions to come, if the memory stays as it is.

    Args:
        table: Episodes that know what is wanted.

    Raises:
        ConfigError: If the table does not know what is wanted.
    """

    def __init__(self, table: EpisodeTable) -> None:
        if not table.expected:
            raise ConfigError("what is held is only worth something in a table of `expected=True`")
        self._wanted = _summed(table.columns["wanted"])
        self._pairs = _summed(table.columns["wanted_pairs"])
        self._pair = table.columns["pair"]

    def __call__(self, core: AllocationCore) -> Float32Array:
        """Returns (B,), of the questions from the candidate that waits on."""
        inside = core.inside
        episode, now = inside["episode"], inside["arrival"]
        held = (inside["holders"] > 0).astype(np.float32)
        single = np.einsum("bwn,bwn->b", held, self._wanted[episode, now])
        both = held[np.arange(len(now))[:, None, None], self._pair[episode], 0]
        # As in the core: half of a pair is in `single` for each key.
        excess = both[:, :, 0] * both[:, :, 1] - both.mean(axis=2)
        joint = (excess * self._pairs[episode, now]).sum(axis=1)
        return np.asarray(single + joint, np.float32)


def _summed(wanted: Float32Array) -> Float32Array:
    """Returns (P, T + 1, ...) what is wanted from each candidate on; 0 after the last."""
    result = np.zeros((wanted.shape[0], wanted.shape[1] + 1, *wanted.shape[2:]), np.float32)
    result[:, :-1] = wanted[:, ::-1].cumsum(axis=1)[:, ::-1]
    return result
