"""What is told of one training: its figures, where they lie, and what came of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from embodied_mem.cli.result import write_result


class Told(Protocol):
    """A verb that trains, a dataclass."""

    @property
    def out(self) -> Path:
        """Folder for `result.json`."""
        ...

    @property
    def json(self) -> Path | None:
        """A further file for the result."""
        ...


def report_training(
    command: str,
    training: Told,
    metrics: Mapping[str, float | None],
    extra: Mapping[str, Any],
    *,
    kept: Path | None,
    finished: bool = True,
) -> None:
    """Writes the result, and prints the figures.

    Args:
        command: The verb, such as `train reader`.
        training: What was trained, for the record.
        metrics: Figures by name; None for one that is not known.
        extra: Further entries of the result.
        kept: Stem of the two files of what was trained, None where there are none.
        finished: Whether the training is over.
    """
    for path in {training.out / "result.json", *([training.json] if training.json else [])}:
        write_result(path, command, training, metrics, **extra)
    table = Table(title=command, title_justify="left", show_header=False)
    for name, value in metrics.items():
        table.add_row(name.replace("_", " "), "-" if value is None else f"{value:.4g}")
    console = Console()
    console.print(table)
    if kept is not None:
        files = f"kept: {kept}.safetensors, .json"
        console.print(files, markup=False, highlight=False, soft_wrap=True)
    if not finished:
        console.print("not finished: go on with --resume", markup=False, highlight=False)
