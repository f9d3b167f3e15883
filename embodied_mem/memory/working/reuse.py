"""How much of a growing prompt a server need not read again."""

from typing import Final, final

from embodied_mem.memory.working.lines import TokenCount
from embodied_mem.models.tokens import estimate_tokens

BLOCK: Final = 16
"""Tokens that prefix caches of servers keep together (vLLM's default)."""


@final
class PrefixReuse:
    r"""Adds up, over the prompts of a run, the tokens that a prefix cache holds already.

    The cache is taken to hold the prompt before, whole blocks of it from its beginning.

    >>> reuse = PrefixReuse(block=1)
    >>> for prompt in ("put it away", "put it away\nit is red", "put it back"):
    ...     reuse.add(prompt)
    >>> reuse.read, reuse.cached, round(reuse.share, 2)
    (12, 5, 0.42)
    """

    def __init__(self, count: TokenCount = estimate_tokens, *, block: int = BLOCK) -> None:
        self.read = 0
        """Tokens of all prompts."""
        self.cached = 0
        """Tokens of them that the prompt before begins with too."""
        self.longest = 0
        """Tokens of the longest prompt."""
        self._count = count
        self._block = block
        self._before = ""

    @property
    def share(self) -> float:
        """Share of the tokens that need not be read again."""
        return self.cached / self.read if self.read else 0.0

    def add(self, prompt: str) -> None:
        """Takes in the next prompt of the run."""
        same = _shared_prefix(self._before, prompt)
        tokens = self._count(prompt[:same])
        length = self._count(prompt)
        self.read += length
        self.longest = max(self.longest, length)
        self.cached += tokens // self._block * self._block
        self._before = prompt


def _shared_prefix(one: str, other: str) -> int:
    """Returns how many characters two texts have in common at their beginning, in whole words."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    inside = 0 < low < max(len(one), len(other)) and not (
        other[low - 1].isspace() or other[low : low + 1].isspace() or low == len(other)
    )
    return max(other.rfind(" ", 0, low), other.rfind("\n", 0, low), 0) if inside else low
