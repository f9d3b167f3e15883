"""What went wrong at a server, in one line that says what to do."""

from typing import Final

from embodied_mem.errors import ModelError, ModelTimeout
from embodied_mem.models.http.config import HttpConfig
from embodied_mem.models.http.connection import Late, Refused, Reply, Unreachable
from embodied_mem.models.http.wire import said_in

_ADVICE: Final = {
    401: "set the environment variable {key} to the server's key",
    403: "the key in {key} has no right to this model",
    404: "check the address (it ends in /v1 with most servers) and the model's name",
    413: "show fewer or smaller pictures (image_size)",
    429: "ask it less often (concurrency), or wait",
}


def refusal(reply: Reply, config: HttpConfig, tries: int = 1) -> ModelError:
    """Returns the error for an answer that is none."""
    url, status = config.base_url, reply.status
    after = f" after {tries} tries" if tries > 1 else ""
    if 300 <= status < 400:
        return ModelError(
            f"the server at {url} points elsewhere (status {status}), and nobody is followed: give "
            "the address that it points to if you trust that one"
        )
    said = said_in(reply.body)
    advice = _ADVICE.get(status, "").format(key=config.key_variable or "key_variable")
    if "context" in said and status in (400, 413, 500):
        advice = "shorten the prompt, lower max_tokens, or start the server with a longer context"
    return ModelError(
        f"the server at {url} answers with status {status}{after}: {said or 'no words'}"
        + (f"; {advice}" if advice else "")
    )


def no_answer(error: Unreachable, tries: int, config: HttpConfig, before: str = "") -> ModelError:
    """Returns the error for a request without an answer.

    Args:
        error: What happened.
        tries: How many there were.
        config: Where the server is.
        before: What the server said at an earlier try.
    """
    url = config.base_url
    if isinstance(error, Refused):
        return ModelError(
            f"no model server answers at {url} ({error}): start one, or go without a model"
        )
    times = f"{tries} tries" if tries > 1 else "1 try"
    earlier = f" (before that: {before})" if before else ""
    if isinstance(error, Late):
        return ModelTimeout(f"no answer from {url} in time, after {times}: {error}{earlier}")
    return ModelError(f"the connection to {url} broke, after {times}: {error}{earlier}")
