"""A model client that needs no model: it plans by rules, from the words that a model would read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import msgspec

from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.planning.prompt import section_of, skills_of
from embodied_mem.brain.planning.rules.planner import plan_request, revise
from embodied_mem.brain.planning.sections import MemoryView, SceneView
from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models.client import Completion, Message
from embodied_mem.models.tokens import estimate_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptedConfig:
    """How long a model would take in its place: a server reads a prompt and writes token by token.

    `seconds = first + per_prompt_token x prompt + per_token x completion`
    """

    first: float = 1.0
    """Until the first token, for the way there and back and for waiting in line, s."""
    per_prompt_token: float = 0.0002
    """For reading, s; the usual 5,000 tokens of a prompt take 1 s."""
    per_token: float = 0.004
    """For writing, s; a plan of 1,000 tokens takes 4 s."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If a time is negative.
        """
        for name in ("first", "per_prompt_token", "per_token"):
            if not getattr(self, name) >= 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)} s; it must not be negative")


@final
class Scripted:
    """Answers the prompts of the planning cortex, always in the same way.

    It decodes the sections of the conversation, as a model reads them, and knows nothing else.
    """

    name = "scripted"

    def __init__(self, config: ScriptedConfig | None = None) -> None:
        self.config = config or ScriptedConfig()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns a plan, a subtree or a refusal as JSON.

        Raises:
            ModelError: If the conversation is no request for a plan.
            ModelTimeout: If a model would take longer than the timeout.
        """
        text = self._answer(messages)
        prompt = sum(estimate_tokens(message.text) for message in messages)
        written = estimate_tokens(text)
        config = self.config
        seconds = config.first + config.per_prompt_token * prompt + config.per_token * written
        if timeout is not None and seconds > timeout:
            raise ModelTimeout(f"an answer takes {seconds:.1f} s; only {timeout:g} s were given")
        return Completion(
            text=text, prompt_tokens=prompt, completion_tokens=written, seconds=round(seconds, 6)
        )

    def _answer(self, messages: Sequence[Message]) -> str:
        try:
            instruction = section_of(messages, "Instruction", str)
            scene = section_of(messages, "Scene", SceneView)
            memory = section_of(messages, "Memory", MemoryView) or MemoryView()
            request = section_of(messages, "Failure", ReplanRequest)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise ModelError(f"a section of the prompt cannot be read: {error}") from error
        if instruction is None or scene is None:
            raise ModelError("the scripted model only answers prompts of the planning cortex")
        skills = skills_of(messages)
        if request is not None:
            return _json(revise(instruction, scene, memory, skills, request))
        return _json(plan_request(instruction, scene, memory, skills))


def _json(reply: Any) -> str:
    return msgspec.json.encode(_lean(reply)).decode()


def _lean(value: Any) -> Any:
    """Leaves out what is as it would be anyway: every token costs time."""
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        kept = {"type": tag} if tag is not None else {}
        for field in msgspec.structs.fields(value):
            each = getattr(value, field.name)
            if each != _default_of(field):
                kept[field.encode_name] = _lean(each)
        return kept
    if isinstance(value, list | tuple):
        return [_lean(each) for each in value]
    return value


def _default_of(field: msgspec.structs.FieldInfo) -> Any:
    """Returns what a field is where it is left out; `NODEFAULT` equals nothing."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default
