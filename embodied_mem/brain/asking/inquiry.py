"""One question while it is being answered: the conversation, the calls, and what was shown."""

from collections.abc import Mapping
from typing import Final, final

import msgspec

from embodied_mem.brain.asking.asked import Called
from embodied_mem.brain.asking.proof import Shown
from embodied_mem.brain.asking.replies import AnyCall, as_json, tool_of
from embodied_mem.brain.tools import Toolbox, ToolResult
from embodied_mem.brain.tools.access import TOKENS
from embodied_mem.brain.tools.result import one_line
from embodied_mem.memory.working.memory import WorkingMemory
from embodied_mem.memory.working.messages import Conversation

LEAST_TOKENS: Final = 1500
_SHARE: Final = 4
"""One part in so many of a conversation may be the result of one call."""
_QUESTION: Final = 500
"""Characters of a question that are read."""
_AGAIN: Final = "This very call was made before; its result stands above."


@final
class Inquiry:
    """What was said and found so far.

    Args:
        question: What a person typed; any text.
        tools: What calls are made of.
        cap_tokens: What the conversation may take.
    """

    def __init__(self, question: str, tools: Toolbox, *, cap_tokens: int) -> None:
        self.question = one_line(question, _QUESTION)
        memory = WorkingMemory(cap_tokens, head=f"Question: {self.question or '(empty)'}")
        self.talk = Conversation(memory)
        self.shown = Shown(tools.access)
        self.calls: list[Called] = []
        self._tools = tools
        self._most = cap_tokens // _SHARE

    def call(self, call: AnyCall) -> None:
        """Carries out a call and takes its result into the conversation."""
        tool, arguments = tool_of(call), self._bounded(call.arguments)
        self.talk.say(as_json(call), kind="call", about=tool)
        text = msgspec.json.encode(arguments).decode()
        before = next((c for c in self.calls if (c.tool, c.arguments) == (tool, text)), None)
        if before is not None and self._in_view(before):
            result = ToolResult(text=_AGAIN, failed=True)
        else:
            result = self._tools.call(tool, arguments)
        self.calls.append(
            Called(tool=tool, arguments=text, result=result.text, failed=result.failed)
        )
        self.shown.add(result, len(self.calls))
        pictures = tuple(each.id for each in result.pictures)
        self.talk.hear(f"{tool}: {result.text}", images=pictures, kind="result", about=tool)

    def _bounded(self, arguments: msgspec.Struct) -> Mapping[str, object]:
        """Returns the arguments of a call whose answer leaves room for others."""
        built: dict[str, object] = msgspec.to_builtins(arguments)
        if "max_tokens" in built:
            wanted = built["max_tokens"]
            given = wanted if isinstance(wanted, int) else TOKENS
            if given > self._most:
                built["max_tokens"] = self._most
        return {name: value for name, value in built.items() if value is not None}

    def _in_view(self, call: Called) -> bool:
        return " ".join(call.result.split()) in self.talk.memory.text
