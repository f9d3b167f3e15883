"""The real `transformers serve` with a tiny model of random weights; it needs fastapi, uvicorn and
accelerate beside transformers."""

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tiny_models import save_tiny

NEEDED = ("transformers", "torch", "openai", "fastapi", "uvicorn", "accelerate")
START_LIMIT = 120.0
"""So long a server may take to answer its first question, s; it loads torch."""


def serve_missing() -> str:
    """Returns why tests with the server cannot run; empty where they can."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return f"no transformers serve: pip install {' '.join(missing)}" if missing else ""


@contextlib.contextmanager
def running_serve(folder: Path) -> Iterator[tuple[str, str]]:
    """Runs a server; gives its address and what it calls its model, which is a folder."""
    model = folder / "model"
    save_tiny(model, "llama")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    variables = dict(os.environ) | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder / "hub"),
        "OMP_NUM_THREADS": "1",
    }
    log = folder / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=variables
        )
    try:
        yield _address(process, port, log), str(model)
    finally:
        process.terminate()
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    end = time.monotonic() + START_LIMIT
    address = f"http://127.0.0.1:{port}"
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=5):
            return f"{address}/v1"
        time.sleep(0.1)
    raise RuntimeError(f"the server does not come up:\n{log.read_text(errors='replace')[-3000:]}")
