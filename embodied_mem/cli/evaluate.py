"""`embodied-mem eval`: suites of episodes, judged by ground truth that no agent sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, Union

import tyro

from embodied_mem.cli.evaluate_house import EvaluateHouse
from embodied_mem.cli.evaluate_manipulate import EvaluateManipulate
from embodied_mem.cli.evaluate_records import (
    DescribeMetrics,
    MergeRecords,
    ReportRecords,
    TableOfRecords,
)
from embodied_mem.cli.evaluate_suite import EvaluateSuite

What = (
    Annotated[EvaluateHouse, tyro.conf.subcommand("house")]
    | Annotated[EvaluateManipulate, tyro.conf.subcommand("manipulate")]
    | Annotated[MergeRecords, tyro.conf.subcommand("merge")]
    | Annotated[ReportRecords, tyro.conf.subcommand("report")]
    | Annotated[TableOfRecords, tyro.conf.subcommand("table")]
    | Annotated[DescribeMetrics, tyro.conf.subcommand("metrics")]
)


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Compare agents on suites of episodes, or evaluate memory in the house or at the tabletop."""

    what: What = field(default_factory=EvaluateHouse)
    """What to evaluate."""

    def run(self) -> int:
        """Evaluates and prints; returns 0."""
        return self.what.run()


def evaluate_with_suites(arguments: Sequence[str]) -> type[Evaluate]:
    """Returns the verb with a subcommand for each suite.

    Suites are only looked up here, and not when this module is imported, as they belong to the
    simulators. The one that the arguments name is loaded, so that its help is complete.

    Args:
        arguments: What follows the verb. `module:name` there is a suite of another package.
    """
    from embodied_mem_envs.evaluation.suites.registry import SUITES

    named = arguments[0] if arguments else ""
    names = [*SUITES, *([named] if ":" in named else [])]
    what: Any = What
    for name in names:
        shown = tyro.conf.subcommand(name)
        what = Union[what, Annotated[_suite_verb(name, load=name == named), shown]]  # noqa: UP007
    verb: type[Evaluate] = make_dataclass(
        "Evaluate",
        [("what", what, field(default_factory=EvaluateHouse))],
        bases=(Evaluate,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": Evaluate.__doc__},
    )
    return verb


def _suite_verb(name: str, *, load: bool) -> type[EvaluateSuite]:
    """Returns the subcommand of one suite, with its agents and options in its help."""
    words = f"Compare agents on the suite {name}."
    if load:
        from embodied_mem_envs.evaluation.suites.registry import load_suite

        suite = load_suite(name)
        agents = "; ".join(f"{agent} ({what})" for agent, what in suite.agents.items())
        options = ", ".join(f"{option}={value}" for option, value in suite.options.items())
        words = f"{words}\n\nAgents: {agents}.\n\nOptions for --set: {options}."
    return type("EvaluateSuite", (EvaluateSuite,), {"__doc__": words, "suite": name})
