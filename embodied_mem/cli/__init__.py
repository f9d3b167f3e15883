"""The command line: one module a verb, each a dataclass whose fields are its flags."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape

from embodied_mem.cli.ask import Ask
from embodied_mem.cli.bench import Bench
from embodied_mem.cli.connect import Connect
from embodied_mem.cli.evaluate import Evaluate, evaluate_with_suites
from embodied_mem.cli.export import Export
from embodied_mem.cli.ingest import Ingest
from embodied_mem.cli.inspect import Inspect
from embodied_mem.cli.play import Play
from embodied_mem.cli.run import Run
from embodied_mem.cli.serve import Serve
from embodied_mem.cli.train import Train, with_allocator
from embodied_mem.cli.tune_model import TuneModel
from embodied_mem.errors import EmbodiedMemError


def _verbs(evaluate: type[Evaluate]) -> Any:
    return (
        Annotated[Run, tyro.conf.subcommand("run")]
        | Annotated[Play, tyro.conf.subcommand("play")]
        | Annotated[Ingest, tyro.conf.subcommand("ingest")]
        | Annotated[Ask, tyro.conf.subcommand("ask")]
        | Annotated[Inspect, tyro.conf.subcommand("inspect")]
        | Annotated[evaluate, tyro.conf.subcommand("eval")]
        | Annotated[Train, tyro.conf.subcommand("train")]
        | Annotated[Export, tyro.conf.subcommand("export")]
        | Annotated[Connect, tyro.conf.subcommand("connect")]
        | Annotated[Serve, tyro.conf.subcommand("serve")]
        | Annotated[TuneModel, tyro.conf.subcommand("tune-model")]
        | Annotated[Bench, tyro.conf.subcommand("bench")]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit status: 0 done, 1 failed, 2 not understood."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Suites belong to the simulators, which no other verb needs to look at.
        evaluate = evaluate_with_suites(given[1:]) if given[:1] == ["eval"] else Evaluate
        if given[:1] == ["train"]:
            given = ["train", *with_allocator(given[1:])]
        verb = tyro.cli(
            _verbs(evaluate),
            prog="embodied-mem",
            description="The memory that embodied agents are missing.",
            args=given,
            config=(tyro.conf.OmitSubcommandPrefixes,),
        )
        return int(verb.run())
    except EmbodiedMemError as error:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
