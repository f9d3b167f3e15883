"""Holds what a model writes to a JSON schema, token by token, by `llguidance`."""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from embodied_mem.errors import MalformedOutputError, ModelError
from embodied_mem.models.local.closing import Closer
from embodied_mem.models.local.schemas import narrowed
from embodied_mem.types import BoolArray

if TYPE_CHECKING:
    import torch

_KEPT: Final = 32
"""Schemas that are kept in the form of a grammar."""
_OPTIONS: Final[dict[str, Any]] = {"whitespace_pattern": "[ ]?"}
"""One space where a space may be: a model that indents for ever comes to no end."""


@final
class Grammars:
    """Makes what holds the answers of one model to schemas."""

    def __init__(self, tokenizer: Any, *, vocabulary: int, ends: Iterable[int]) -> None:
        """Reads the vocabulary, which takes a second for a large one.

        Args:
            tokenizer: A fast tokenizer of `transformers`.
            vocabulary: How many scores the model gives for a next token.
            ends: The tokens that end an answer.

        Raises:
            ModelError: If the tokenizer is not a fast one.
        """
        from llguidance.hf import from_tokenizer

        self._ends = frozenset(ends)
        known = max(len(tokenizer), *self._ends) + 1
        try:
            self._tokens = from_tokenizer(
                tokenizer, n_vocab=max(vocabulary, known), eos_token=sorted(self._ends)
            )
        except ValueError as error:
            raise ModelError(
                f"answers of this model cannot be held to a schema: {error}; expected a model with "
                "a tokenizer.json"
            ) from error
        size = self._tokens.vocab_size
        texts = tuple(self._tokens.decode_bytes([token]) for token in range(size))
        self._closer = Closer(texts, self._ends)
        self._grammars: dict[str, str] = {}

    def hold(self, schema: Mapping[str, Any], *, room: int, closing: int) -> "Held":
        """Returns what holds one answer to a schema.

        Args:
            schema: The JSON schema.
            room: The most tokens of the answer.
            closing: In how many of the last ones it is brought to its end.

        Raises:
            ModelError: If no grammar can be made of the schema.
        """
        matchers: Any = import_module("llguidance").LLMatcher
        text = json.dumps(schema, sort_keys=False)
        grammar = self._grammars.get(text)
        if grammar is None:
            grammar = matchers.grammar_from_json_schema(narrowed(schema), overrides=_OPTIONS)
            wrong = matchers.validate_grammar(grammar, self._tokens)
            if wrong and not wrong.startswith("WARNING"):
                raise ModelError(f"no grammar can be made of the schema: {wrong}")
            if len(self._grammars) >= _KEPT:
                self._grammars.pop(next(iter(self._grammars)))
            self._grammars[text] = grammar
        matcher = matchers(self._tokens, grammar, log_level=0)
        return Held(matcher, self._tokens, self._closer, self._ends, room=room, closing=closing)


@final
class Held:
    """One answer that is held to a schema: a logits processor of `transformers`."""

    def __init__(
        self,
        matcher: Any,
        tokens: Any,
        closer: Closer,
        ends: frozenset[int],
        *,
        room: int,
        closing: int,
    ) -> None:
        self._matcher = matcher
        self._tokens = tokens
        self._closer = closer
        self._ends = ends
        self._room = room
        self._closing = closing
        self._start: int | None = None
        self._written: list[int] = []
        self.closed = False
        """Whether the answer was brought to its end because there was no room left."""

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Returns the scores of next tokens, those that break the schema at minus infinity.

        Raises:
            ModelError: If the model gives no numbers.
        """
        import torch

        if self._start is None:
            self._start = input_ids.shape[1]
        for token in input_ids[0, self._start + len(self._written) :].tolist():
            self._take(token)
        allowed = torch.from_numpy(self._allowed(scores.shape[1])).to(scores.device)
        masked = scores.masked_fill(~allowed, float("-inf"))
        if not bool(torch.isfinite(masked.max())):
            raise ModelError(
                "the model gives no finite score for any token that may come next: its weights are "
                "damaged, or too large for half precision (dtype=float32)"
            )
        return masked

    def text(self, answer: list[int]) -> str:
        """Returns the text of a whole answer.

        Raises:
            MalformedOutputError: If it was cut off before its end.
        """
        body = [token for token in answer if token not in self._ends]
        for token in body[len(self._written) :]:
            self._take(token)
        text: str = self._tokens.decode_str(body)
        if not self._matcher.is_accepting():
            raise MalformedOutputError(
                f"the answer was cut off after {len(answer)} tokens, before it followed the schema "
                f"(it ends with {text[-60:]!r}); raise max_new_tokens, or ask for less"
            )
        return text

    def _take(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            raise ModelError(f"the grammar stopped: {self._matcher.get_error()}")
        self._written.append(token)

    def _allowed(self, width: int) -> BoolArray:
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        bits = allocate_token_bitmask(1, self._tokens.vocab_size)
        fill_next_token_bitmask(self._matcher, bits)
        if self._matcher.is_error():
            raise ModelError(f"the grammar stopped: {self._matcher.get_error()}")
        whole = np.unpackbits(bits.view(np.uint8)[0], bitorder="little").astype(bool)
        allowed = whole[: self._tokens.vocab_size]
        if self._closing and len(self._written) >= self._room - self._closing:
            towards = self._closer.towards_end(self._tokens.decode_bytes(self._written), allowed)
            self.closed = self.closed or not towards[sorted(self._ends)].any()
            allowed = towards
        fitting = np.zeros(width, bool)
        fitting[: min(width, len(allowed))] = allowed[:width]
        return fitting
