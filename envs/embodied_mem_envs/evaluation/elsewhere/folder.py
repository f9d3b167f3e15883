"""The one thing that goes from the living agent to the process that answers: a folder."""

import shutil
from pathlib import Path

from embodied_mem.errors import EvaluationError


def stored_bytes(path: Path) -> int:
    """Returns the apparent sizes of a file, or of all files below a folder, together.

    A file with two names counts twice, as a copy of the folder would have it twice; links out of
    the folder count as what they lead to.
    """
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def hand_over(folder: Path, to: Path, budget: int | None = None) -> int:
    """Copies an agent's memory to a new place, where it must be within its budget.

    Args:
        folder: What the agent left; a single file is copied into a folder of its own.
        to: Must not exist yet.
        budget: Bytes; None for no limit.

    Returns:
        The bytes of the copy.

    Raises:
        EvaluationError: If there is no memory, or it takes more than the budget.
    """
    if not folder.exists():
        raise EvaluationError(f"the agent left no memory at {folder}")
    if folder.is_dir():
        shutil.copytree(folder, to)
    else:
        to.mkdir(parents=True)
        shutil.copy2(folder, to)
    taken = stored_bytes(to)
    if budget is not None and taken > budget:
        raise EvaluationError(f"the memory takes {taken} bytes; its budget is {budget}")
    return taken
