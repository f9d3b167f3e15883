"""A model of rules for the roles that answer questions: it reads what a real model would read.

It goes by the words of the conversation alone: the question by the first line, results by those
after it, which role it has by the last. What it answers is right only if the conversation carries
what is needed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, final

import msgspec

from embodied_mem.models.client import Completion, Message
from embodied_mem.models.tokens import estimate_tokens

_ASKED: Final = (
    (r"where (?:was|were) (?:the |an? )?(.+?)(?: before.*)?$", "history"),
    (r"(?:what|which) \w* ?(?:is|are) (?:near|next to|beside|in) (?:the )?(.+)$", "what_is_near"),
    (r"(?:show me|what does) (?:the |an? )?(.+?)(?: look like)?$", "show_snapshot"),
    (r"(?:where is|where are|in which room is|what colou?r is) (?:the |an? )?(.+)$", "where_is"),
)
_FIELDS: Final = {
    "where_is": "thing",
    "history": "thing",
    "what_is_near": "target",
    "show_snapshot": "what",
    "recall": "query",
}
_NOTHING: Final = ("I know of no", "Nothing", "error:", "have not seen", "proves no absence")
_ID: Final = re.compile(r"(?:picture |Snapshot |\[)([0-9a-hjkmnp-tv-z]{7,})\b")


@final
class RuleRoles:
    """Plans, calls and concludes by rules; keeps every prompt that it read.

    Args:
        name: What reports call it.
        seconds: What every answer claims to have taken.
    """

    def __init__(self, name: str = "rules", *, seconds: float = 0.25) -> None:
        self.name = name
        self.prompts: dict[str, list[tuple[Message, ...]]] = {}
        self._seconds = seconds

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns what the role writes whose turn it is."""
        turn = messages[-1].text.splitlines()[-1]
        role = turn.partition(":")[0].lower()
        self.prompts.setdefault(role, []).append(tuple(messages))
        answer = {"planner": self.plan, "caller": self.call, "summariser": self.conclude}[role]
        text = msgspec.json.encode(answer(messages)).decode()
        prompt = sum(estimate_tokens(message.text) for message in messages)
        return Completion(
            text=text,
            prompt_tokens=prompt,
            completion_tokens=estimate_tokens(text),
            seconds=self._seconds,
        )

    def plan(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Looks a thing up by the tool that fits the question, then in all that is remembered."""
        question = _question(messages)
        results = _results(messages)
        tool, words = _reading(question)
        if re.search(r"\b(weather|joke|tomorrow)\b", question):
            return {"thought": "No memory of a house tells that.", "next": "give_up"}
        if not results:
            return {"thought": f"Nothing is known yet; {tool} of {words}.", "next": "call"}
        if len(results) == 1 and any(sign in results[0] for sign in _NOTHING):
            return {"thought": f"That told nothing; recall of {words}.", "next": "call"}
        return {"thought": "The results tell what there is.", "next": "conclude"}

    def call(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Writes the call that the last thought names."""
        thought = next(m.text for m in reversed(messages) if m.role == "assistant")
        found = re.search(r"(\w+) of (.+?)\.\"", thought)
        assert found is not None, thought
        tool, words = found.groups()
        return {"tool": tool, "arguments": {_FIELDS[tool]: words}}

    def conclude(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Repeats the newest result that found something, with the ids that stand in it."""
        for result in reversed(_results(messages)):
            ids = _ID.findall(result)
            if ids and not any(sign in result for sign in _NOTHING):
                told = result.partition(": ")[2][:900]
                return {"answer": told, "status": "answered", "cites": list(dict.fromkeys(ids))}
        return {"answer": "The memory does not tell.", "status": "unknown", "cites": []}


def _question(messages: Sequence[Message]) -> str:
    line = next(m.text.splitlines()[0] for m in messages if m.role == "user")
    return line.removeprefix("Question: ").strip(" ?").lower()


def _results(messages: Sequence[Message]) -> list[str]:
    tools = tuple(f"{tool}: " for tool in _FIELDS)
    lines = [line for m in messages if m.role == "user" for line in m.text.splitlines()]
    return [line for line in lines if line.startswith(tools)]


def _reading(question: str) -> tuple[str, str]:
    for pattern, tool in _ASKED:
        found = re.fullmatch(pattern, question)
        if found:
            return tool, found.group(1)
    return "recall", question or "anything"
