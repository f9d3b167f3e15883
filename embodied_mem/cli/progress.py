"""A progress bar on a terminal, plain lines elsewhere, always on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Moves a progress display forward by one step, with a note on what was reached."""

    def __call__(self, note: str = "") -> None:
        """Counts one step."""


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Advance]:
    """Shows how far a long piece of work is; yields the function that moves it on."""
    if sys.stderr.isatty():
        with _bar(title, total) as advance:
            yield advance
    else:
        yield _lines(title, total)


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, note="")

        def advance(note: str = "") -> None:
            bar.update(task, advance=1, note=note)

        yield advance


def _lines(title: str, total: int | None) -> Advance:
    """Prints a line about every tenth of the way."""
    done = 0
    every = max(1, (total or 1000) // 10)

    def advance(note: str = "") -> None:
        nonlocal done
        done += 1
        if done % every == 0 or done == total:
            of = f"/{total}" if total else ""
            print(f"{title}: {done}{of} {note}".rstrip(), file=sys.stderr, flush=True)

    return advance
