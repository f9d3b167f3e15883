"""Damaged files told as what they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.lerobot.columns import require_pyarrow

_SIGNS = (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError)
"""How damage shows itself in what is built on a file's content."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns every way in which a damaged file shows itself into one error."""
    pa, _ = require_pyarrow()
    try:
        yield
    except RecordingError:
        raise
    except (pa.ArrowException, *_SIGNS) as error:
        raise RecordingError(f"{path} cannot be read: {error}") from None
