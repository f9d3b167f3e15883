"""A model client whose model runs in this process, through `transformers`."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, final

from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models.client import Completion, Message
from embodied_mem.models.local.config import TransformersConfig
from embodied_mem.models.local.conversation import read_in, without_pictures
from embodied_mem.models.local.grammar import Grammars, Held
from embodied_mem.models.local.limits import Deadline, threads
from embodied_mem.models.local.loading import Loaded, check_packages, load
from embodied_mem.models.local.prefixes import Prefixes, Prompt
from embodied_mem.models.pictures import PictureSource, no_pictures
from embodied_mem.models.weights import find_weights

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a call had to read."""

    prompt_tokens: int
    read_before: int
    """How many of them were the beginning of a former conversation, and were not read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ready:
    loaded: Loaded
    grammars: Grammars
    deadline: Deadline
    prefixes: Prefixes


@final
class Transformers:
    """A language or vision-language model on this machine, asked by one thread at a time.

    Answers that should follow a JSON schema are held to it token by token (`llguidance`): whatever
    the model is worth, they parse. The model is loaded with the first question.
    """

    def __init__(
        self,
        weights: str = "",
        *,
        pictures: PictureSource = no_pictures,
        config: TransformersConfig | None = None,
    ) -> None:
        """Finds the weights; loads nothing yet.

        Args:
            weights: A folder as `save_pretrained` writes it, or a repository whose files are on
                this machine (see `find_weights`).
            pictures: Gives the pictures behind the handles of messages.
            config: Where and how to compute.

        Raises:
            ConfigError: If no weights are named.
            MissingExtraError: If the extra `models` is not installed.
            MissingWeightsError: If the weights are not here.
        """
        if not weights:
            raise ConfigError(
                "which local model? Name its folder: transformers:FOLDER, or a repository that was "
                "fetched"
            )
        check_packages()
        self._folder = find_weights(Path(weights).name, weights, given=weights)
        self.name = f"transformers:{Path(weights).name}"
        self.config = config or TransformersConfig()
        self._pictures = pictures
        self._lock = threading.Lock()
        self._ready: _Ready | None = None
        self._calls = 0
        self.last = Reading(prompt_tokens=0, read_before=0)
        """What the last call had to read."""

    def load(self) -> None:
        """Loads the model now rather than with the first question.

        Raises:
            ConfigError: If a device is asked for that is not there.
            ModelError: If it cannot be loaded.
        """
        with self._lock:
            self._load()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns the next turn; its tokens are counted, its seconds measured.

        To load the model at first takes time, which counts neither as seconds nor for the timeout;
        to wait for another thread's answer counts for both.

        Raises:
            ModelError: If the model cannot be loaded, the conversation is longer than it reads, it
                cannot be shown pictures, or no grammar can be made of the schema.
            MalformedOutputError: If the answer was cut off before it followed the schema.
            ModelTimeout: If there is no whole answer in time.
        """
        if self._ready is None:
            self.load()
        start = time.perf_counter()
        until = None if timeout is None else start + timeout
        with self._turn(timeout):
            ready = self._load()
            with ready.deadline.running(until, timeout or 0.0), threads(self.config.threads):
                text, read, written = self._answer(ready, messages, schema)
        return Completion(
            text=text,
            prompt_tokens=read,
            completion_tokens=written,
            seconds=time.perf_counter() - start,
        )

    @contextmanager
    def _turn(self, timeout: float | None) -> Iterator[None]:
        if not self._lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            raise ModelTimeout(f"the model was busy with another question for {timeout:g} s")
        try:
            yield
        finally:
            self._lock.release()

    def _load(self) -> _Ready:
        if self._ready is None:
            loaded = load(self._folder, self.config)
            width = int(loaded.model.get_output_embeddings().weight.shape[0])
            self._ready = _Ready(
                loaded=loaded,
                grammars=Grammars(loaded.tokenizer, vocabulary=width, ends=loaded.ends),
                deadline=Deadline(loaded.model),
                prefixes=Prefixes(self.config.kept_tokens),
            )
        return self._ready

    def _answer(
        self, ready: _Ready, messages: Sequence[Message], schema: Mapping[str, Any] | None
    ) -> tuple[str, int, int]:
        """Returns the text, the tokens of the prompt and those of the answer."""
        config = self.config
        prompt, inputs = read_in(
            ready.loaded, messages, pictures=self._pictures, image_size=config.image_size
        )
        count = int(inputs["input_ids"].shape[1])
        room = self._room(ready.loaded, count)
        held = None
        if schema is not None:
            closing = min(config.closing, room)
            held = ready.grammars.hold(schema, room=room, closing=closing)
        answer = self._generate(ready, prompt, inputs, held, room)
        if held is None:
            decoded = ready.loaded.tokenizer.decode(answer, skip_special_tokens=True)
            return str(decoded), count, len(answer)
        text = held.text(answer)
        if held.closed:
            _LOG.warning("%s: an answer was closed after %d tokens", self.name, len(answer))
        return text, count, len(answer)

    def _room(self, loaded: Loaded, prompt: int) -> int:
        if loaded.context is None:
            return self.config.max_new_tokens
        if prompt >= loaded.context:
            raise ModelError(
                f"the conversation has {prompt} tokens; the model reads at most {loaded.context} "
                "with its answer: show it less"
            )
        return min(self.config.max_new_tokens, loaded.context - prompt)

    def _generate(
        self,
        ready: _Ready,
        prompt: Prompt | None,
        inputs: dict[str, Any],
        held: Held | None,
        room: int,
    ) -> list[int]:
        import torch

        model = ready.loaded.model
        before, cache = ready.prefixes.begin(prompt) if prompt is not None else (0, None)
        if prompt is not None and prompt.last_picture is not None and before > prompt.last_picture:
            inputs = without_pictures(inputs)
        self.last = Reading(prompt_tokens=inputs["input_ids"].shape[1], read_before=before)
        self._calls += 1
        with torch.no_grad(), torch.random.fork_rng(enabled=self.config.temperature > 0.0):
            if self.config.temperature > 0.0:
                torch.manual_seed(self.config.seed * 1_000_003 + self._calls)
            result = model.generate(
                **_on_device(inputs, model),
                **({} if cache is None else {"past_key_values": cache}),
                generation_config=self._generation(ready.loaded, room),
                logits_processor=[] if held is None else [held],
            )
        tokens = result.sequences[0].tolist()
        if prompt is not None and self.config.kept_tokens:
            ready.prefixes.keep(prompt, tokens, result.past_key_values)
        return list(tokens[inputs["input_ids"].shape[1] :])

    def _generation(self, loaded: Loaded, room: int) -> Any:
        draws = self.config.temperature > 0.0
        padding = loaded.tokenizer.pad_token_id
        return import_module("transformers").GenerationConfig(
            max_new_tokens=room,
            do_sample=draws,
            **({"temperature": self.config.temperature, "top_k": 0} if draws else {}),
            eos_token_id=list(loaded.ends),
            pad_token_id=loaded.ends[0] if padding is None else padding,
            return_dict_in_generate=True,
            use_cache=True,
        )


def _on_device(inputs: dict[str, Any], model: Any) -> dict[str, Any]:
    """Returns inputs where the model is; pixels in the model's numbers."""
    import torch

    moved: dict[str, Any] = {}
    for name, value in inputs.items():
        if not isinstance(value, torch.Tensor):
            moved[name] = value
        elif value.is_floating_point():
            moved[name] = value.to(model.device, model.dtype)
        else:
            moved[name] = value.to(model.device)
    return moved
