"""The real `transformers serve`, with a tiny model of random weights: it enforces no schema.

Version 5.23 takes `response_format` and does nothing (its code has it among the fields that are
ignored with a warning in its log), so that only the probe finds out.
"""

from contextlib import closing
from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.models import Message
from embodied_mem.models.http import Http, HttpConfig
from transformers_server import running_serve, serve_missing

SCHEMA = {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}


@pytest.mark.slow
@pytest.mark.skipif(bool(serve_missing()), reason=serve_missing())
def test_a_server_that_enforces_nothing_is_seen_through(tmp_path: Path) -> None:
    asked = [Message(role="system", text="You plan."), Message(role="user", text="Where?")]
    with running_serve(tmp_path) as (url, model):
        with closing(Http(HttpConfig(max_tokens=16), base_url=url, model=model)) as client:
            free = client.complete(asked)
            assert client.way is None
            formed = client.complete(asked, schema=SCHEMA)
            assert client.way == "plain"
        assert free.completion_tokens == formed.completion_tokens == 16
        assert formed.prompt_tokens > free.prompt_tokens + 50  # the schema is in the prompt
        # There is no cache of the Hub here, and the server fails to list what is not there.
        with closing(Http(base_url=url)) as client, pytest.raises(ConfigError, match="say which"):
            client.connect()
