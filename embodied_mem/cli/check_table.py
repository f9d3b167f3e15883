"""The table of checks that `connect` prints before anything moves."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from embodied_mem.robots.driver import Check

_COLOURS = {"ok": "green", "warning": "yellow", "error": "bold red"}


def print_checks(title: str, checks: Sequence[Check]) -> int:
    """Prints one line a check and returns how many are errors."""
    table = Table(title=title, title_justify="left")
    for column in ("check", "verdict", "found", "expected"):
        table.add_column(column)
    for check in checks:
        colour = _COLOURS[check.verdict]
        expected = "" if check.verdict == "ok" else check.expected
        table.add_row(
            escape(check.name),
            f"[{colour}]{check.verdict}[/]",
            escape(check.found),
            escape(expected),
        )
    Console().print(table)
    return sum(check.verdict == "error" for check in checks)
