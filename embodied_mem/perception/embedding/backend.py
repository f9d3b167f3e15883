"""Where a network of torch runs: its device, its precision and its threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from embodied_mem.errors import MissingExtraError

BATCH: Final = 64
"""Pictures that go through a network at once; more are taken in turns, to bound its memory."""


def import_torch(feature: str) -> Any:
    """Returns torch.

    Args:
        feature: What needs it, for the message.

    Raises:
        MissingExtraError: If the extra `perception` is not installed.
    """
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "perception") from None


def precision_on(torch: Any, device: Any) -> Any:
    """Returns half precision for a GPU and float32 for a CPU, where halves are slower."""
    return torch.float16 if device.type == "cuda" else torch.float32


@contextmanager
def asked_alone(torch: Any) -> Iterator[None]:
    """Runs a network without gradients and on one thread, as any other part here.

    One thread makes the last bits of a vector the same whatever machine it is.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)
