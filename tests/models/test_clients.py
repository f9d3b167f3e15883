"""Model clients: names, token counts, and what the scripted one costs and refuses."""

import pytest

from embodied_mem.brain.planning.prompt import plan_messages
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models import Message, ModelClient, load_model_client
from embodied_mem.models.scripted import Scripted, ScriptedConfig
from embodied_mem.models.tokens import estimate_tokens
from symbolic_table import Table, cell, skills, thing


def messages(text: str = "Put the duck in the left drawer") -> tuple[Message, ...]:
    table = Table.of(thing("duck", "duck", "yellow"))
    return plan_messages(
        Situation(instruction=text, state=table.state(), cell=cell(), skills=skills())
    )


def test_clients_are_known_by_name() -> None:
    assert isinstance(load_model_client("scripted"), ModelClient)
    with pytest.raises(ConfigError, match="did you mean 'scripted'"):
        load_model_client("scriptd")


def test_settings_reach_the_client() -> None:
    client = load_model_client("scripted", config=ScriptedConfig(first=0.25))
    assert isinstance(client, Scripted) and client.config.first == 0.25


def test_the_scripted_client_answers_the_same_every_time() -> None:
    first, second = (Scripted().complete(messages()) for _ in range(2))
    assert first == second


def test_latency_follows_the_documented_model() -> None:
    config = ScriptedConfig(first=2.0, per_prompt_token=0.001, per_token=0.01)
    done = Scripted(config).complete(messages())
    assert done.completion_tokens == estimate_tokens(done.text)
    assert done.prompt_tokens == sum(estimate_tokens(m.text) for m in messages())
    wanted = 2.0 + 0.001 * done.prompt_tokens + 0.01 * done.completion_tokens
    assert done.seconds == pytest.approx(wanted, abs=1e-6)


def test_an_answer_that_takes_too_long_is_no_answer() -> None:
    with pytest.raises(ModelTimeout, match="were given"):
        Scripted().complete(messages(), timeout=0.5)


def test_other_conversations_are_refused() -> None:
    with pytest.raises(ModelError, match="only answers prompts"):
        Scripted().complete([Message(role="user", text="How are you?")])
    with pytest.raises(ModelError, match="cannot be read"):
        Scripted().complete([Message(role="user", text='## Scene\n{"things": 3}')])


def test_a_negative_latency_is_refused() -> None:
    with pytest.raises(ConfigError, match="must not be negative"):
        ScriptedConfig(per_token=-1.0)


def test_what_is_not_understood_is_told() -> None:
    text = Scripted().complete(messages("Where is the duck?")).text
    assert text.startswith('{"stop":') and "is a question" in text


def test_skills_that_are_not_offered_are_not_used() -> None:
    table = Table.of(thing("duck", "duck", "yellow"))
    offered = {name: spec for name, spec in skills().items() if name != "open"}
    asked = plan_messages(
        Situation(
            instruction="Put the duck in the left drawer",
            state=table.state(),
            cell=cell(),
            skills=offered,
        )
    )
    assert "skills that I do not have: open" in Scripted().complete(asked).text


def test_tokens_grow_with_text() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("put put") == 2 * estimate_tokens("put")
    assert estimate_tokens("a" * 60) == 10
