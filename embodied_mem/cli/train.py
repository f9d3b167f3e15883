"""`embodied-mem train`: an allocator, a reader or a policy learns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import tyro

from embodied_mem.cli.train_allocator import TrainAllocator
from embodied_mem.cli.train_policy import TrainPolicy
from embodied_mem.cli.train_reader import TrainReader

What = (
    Annotated[TrainAllocator, tyro.conf.subcommand("allocator")]
    | Annotated[TrainReader, tyro.conf.subcommand("reader")]
    | Annotated[TrainPolicy, tyro.conf.subcommand("policy")]
)
_HELP: Final = ("-h", "--help")


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train what keeps, what reads or what acts (extra `train`); `allocator` if none is named."""

    what: What = field(default_factory=TrainAllocator)
    """What to train."""

    def run(self) -> int:
        """Trains and prints; returns 0, or 130 if it was interrupted."""
        return self.what.run()


def with_allocator(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments of the verb with `allocator` before flags that come alone.

    >>> with_allocator(["--algo", "grpo"])
    ['allocator', '--algo', 'grpo']
    >>> with_allocator(["reader", "--seed", "1"])
    ['reader', '--seed', '1']
    """
    named = not arguments or not arguments[0].startswith("-") or arguments[0] in _HELP
    return [*arguments] if named else ["allocator", *arguments]
