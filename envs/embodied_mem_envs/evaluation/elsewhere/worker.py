"""Answers asks from a saved memory alone, in a process that has seen nothing else.

`python -m embodied_mem_envs.evaluation.elsewhere.worker FOLDER MODULE:FUNCTION OPTIONS_JSON` opens
the memory in the folder, says so by an empty object on standard output, and then answers one line
of JSON there for each on standard input. It is given no truth, no body and no state of the walk:
only what the files hold can be in the answers.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from embodied_mem.errors import EmbodiedMemError
from embodied_mem_envs.evaluation.elsewhere.side import Answerer, load_side
from embodied_mem_envs.evaluation.elsewhere.wire import pack_error, pack_reply, unpack_ask


def main(arguments: Sequence[str]) -> int:
    """Runs the worker; returns the exit status."""
    if len(arguments) != 3:
        print("usage: worker FOLDER MODULE:FUNCTION OPTIONS_JSON", file=sys.stderr)
        return 2
    folder, side, options = arguments
    # Whatever the answering side prints must not get between the replies.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        return _serve(folder, side, options, out)


def _serve(folder: str, side: str, options: str, out: BinaryIO) -> int:
    try:
        answer = load_side(side)(Path(folder), msgspec.json.decode(options))
    except EmbodiedMemError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    out.write(b"{}\n")  # says that the memory is open
    out.flush()
    for line in sys.stdin.buffer:
        out.write(_answered(answer, line) + b"\n")
        out.flush()
    return 0


def _answered(answer: Answerer, line: bytes) -> bytes:
    try:
        return pack_reply(answer(unpack_ask(line)))
    except EmbodiedMemError as error:
        return pack_error(f"{type(error).__name__}: {error}")
    except Exception as error:
        # The evaluation tells what broke; this process must live on to say so.
        last = traceback.format_exc(limit=-4)
        return pack_error(f"the answering side broke: {type(error).__name__}: {error}\n{last}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
