"""Finds out what a server can do to make an answer follow a schema."""

from collections.abc import Callable
from typing import Any

from embodied_mem.models.http.abilities import (
    PROBE_SCHEMA,
    PROBE_TEXT,
    PROBE_TOKENS,
    WAYS,
    Way,
    proves,
    refuses_form,
    response_format,
)
from embodied_mem.models.http.config import HttpConfig
from embodied_mem.models.http.connection import Reply
from embodied_mem.models.http.failures import refusal
from embodied_mem.models.http.wire import read_answer, said_in


def find_way(post: Callable[[dict[str, Any]], Reply], model: str, config: HttpConfig) -> Way:
    """Returns the strongest way that the server is seen to keep to.

    Args:
        post: Asks the server for a completion.
        model: The model that is asked.
        config: How.

    Raises:
        ModelError: If the server refuses a request for another reason than its form.
    """
    for way in WAYS[:-1]:
        reply = post(
            {
                "model": model,
                "messages": [{"role": "user", "content": PROBE_TEXT}],
                config.limit_field: PROBE_TOKENS,
                "response_format": response_format(way, PROBE_SCHEMA),
            }
        )
        if reply.status < 300:
            if proves(way, read_answer(reply.body, config.base_url).text):
                return way
        elif not refuses_form(reply.status, said_in(reply.body)):
            raise refusal(reply, config)
    return "plain"
