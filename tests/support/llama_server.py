"""A real llama.cpp behind a real server, with a tiny model that knows nothing.

The server is llama-cpp-python's, in the environment that `EMBODIED_MEM_LLAMA_PYTHON` names or that
`launch/setup.sh` makes beside the tests' own. It constrains what it writes by a grammar; it sees no
pictures.
"""

import contextlib
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tiny_gguf import write_tiny_gguf

INTERPRETER_VARIABLE = "EMBODIED_MEM_LLAMA_PYTHON"
ROOT = Path(__file__).parents[2]
START_LIMIT = 60.0
"""So long a server may take to answer its first question, s."""
MODEL = "tiny-random"
LOG = "llama.log"
"""What a server says, in the folder that it was started in."""
_LISTENING = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")


def llama_python() -> Path | None:
    """Returns a Python that has llama-cpp-python and its server; None where there is none."""
    named = os.environ.get(INTERPRETER_VARIABLE)
    if named:
        return Path(named)
    made = ROOT / ".venv-llama" / "bin" / "python"
    return made if made.exists() else None


def llama_missing() -> str:
    """Returns why tests with the server cannot run; empty where they can."""
    if llama_python() is not None:
        return ""
    return f"no llama-cpp-python: run bash launch/setup-llama.sh, or set {INTERPRETER_VARIABLE}"


@contextlib.contextmanager
def running_llama(
    folder: Path,
    *,
    context: int = 8192,
    seed: int = 0,
    closing: float = 6.0,
    model: str = MODEL,
    key: str = "",
    verbose: bool = True,
) -> Iterator[str]:
    """Runs a server on this machine and gives its address, such as `http://127.0.0.1:41234/v1`.

    Args:
        folder: Where the model and the log (`llama.log`) go.
        context: The most tokens that a prompt and its answer may have.
        seed: Of the model's random weights.
        closing: See `write_tiny_gguf`.
        model: What the server calls its model.
        key: What callers must show; empty for nothing.
        verbose: Whether the log says what the model reads and writes in which time.
    """
    interpreter = llama_python()
    assert interpreter is not None, llama_missing()
    weights = folder / "tiny-random.gguf"
    if not weights.exists():
        write_tiny_gguf(weights, seed=seed, closing=closing)
    settings = {
        "model": weights,
        "model_alias": model,
        "host": "127.0.0.1",
        "port": 0,
        "n_ctx": context,
        "n_threads": 1,
        "n_threads_batch": 1,
        "verbose": verbose,
    } | ({"api_key": key} if key else {})
    command = [str(interpreter), "-m", "llama_cpp.server"]
    command += [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    log = folder / LOG
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=_environment()
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    variables = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "HOST", "PORT", "CONFIG_FILE"):
        variables.pop(name, None)
    return variables | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Waits until the server listens; it picks a free port itself and writes it to its log."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        said = _LISTENING.search(log.read_text(errors="replace"))
        if said:
            address = f"http://127.0.0.1:{said[1]}"
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/docs", timeout=5):
                return f"{address}/v1"
        time.sleep(0.05)
    raise RuntimeError(f"the server does not come up:\n{log.read_text(errors='replace')[-3000:]}")
