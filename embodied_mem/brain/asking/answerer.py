"""Answers questions by models that look things up in a memory.

The loop of alpha-UMi (Shen et al. 2024, Small LLMs Are Weak Tool Learners, section 3): a planner
decides what comes next, a caller writes a call of a tool, a summariser writes the answer. Each may
be a model of its own. All read the same conversation.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, final

from embodied_mem.brain.asking.asked import Asked, AskedStatus, spent
from embodied_mem.brain.asking.inquiry import LEAST_TOKENS, Inquiry
from embodied_mem.brain.asking.prompts import TURNS, system_prompt
from embodied_mem.brain.asking.proof import check_proof, cited_names
from embodied_mem.brain.asking.replies import Conclusion, Decision, as_json, call_type
from embodied_mem.brain.asking.sight import Sight
from embodied_mem.brain.tools import memory_tools
from embodied_mem.errors import ConfigError, MalformedOutputError
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.store import MemoryStore
from embodied_mem.models.client import Message
from embodied_mem.models.metered import Metered
from embodied_mem.models.roles import Part, Roles
from embodied_mem.models.structured import ask_for

CAP_TOKENS: Final = 6000
MOST_CALLS: Final = 8
_NO_REASON: Final = "The planner gives up, and says no reason."
T = TypeVar("T")


@final
class ModelAnswerer:
    """Answers questions from one memory by the models of three roles.

    Args:
        store: The memory; it is only read.
        roles: Who plans, calls and concludes. The clients are not closed here.
        viewer: Who is to be told, see `Filter.viewer`; None for the robot itself.
        embedder: Makes the vectors of queries; a `HashingEmbedder` where None.
        cap_tokens: What the conversation may take in a prompt, what roles are told apart.
        most_calls: Of tools for one question; then it is answered from what there is.
        sees: Whether the models take pictures, which go to them as handles that
            `store_pictures` resolves; None finds it out, see `Sight`.
        timeout: After how many seconds a call of a model is given up; None waits.

    Raises:
        ConfigError: If a number is out of its range.
    """

    def __init__(
        self,
        store: MemoryStore,
        roles: Roles,
        *,
        viewer: str | None = None,
        embedder: TextEmbedder | None = None,
        cap_tokens: int = CAP_TOKENS,
        most_calls: int = MOST_CALLS,
        sees: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        if most_calls < 1:
            raise ConfigError(f"most_calls is {most_calls}; expected 1 or more")
        if cap_tokens < LEAST_TOKENS:
            raise ConfigError(f"cap_tokens is {cap_tokens}; expected {LEAST_TOKENS} or more")
        self.tools = memory_tools(store, viewer=viewer, embedder=embedder)
        self._roles = roles
        self._cap = cap_tokens
        self._most_calls = most_calls
        self.sight = Sight(sees)
        """Who is shown pictures."""
        self._timeout = timeout
        self._call: Any = call_type(self.tools.values())
        self._told = system_prompt(self.tools.values())

    def answer(self, question: str) -> Asked:
        """Answers a question.

        Args:
            question: What a person typed; any text at all, of which 500 characters are read.

        Returns:
            The answer with its proof, or why there is none: see `Asked.status`.

        Raises:
            ModelTimeout: If a model did not answer in time.
            ModelError: If a model did not answer at all.
        """
        inquiry = Inquiry(question, self.tools, cap_tokens=self._cap)
        meters = {part: Metered(client) for part, client in self._roles}
        try:
            status, text, cited = self._answer(inquiry, meters)
        except MalformedOutputError as error:
            status, text, cited = "refused", f"There is no answer: {error}", ()
        proofs = inquiry.shown.proofs(cited)
        return Asked(
            question=question,
            status=status,
            text=text,
            citations=proofs,
            pictures=inquiry.shown.pictures(proofs),
            calls=tuple(inquiry.calls),
            usage={part: spent(meter) for part, meter in meters.items()},
        )

    def _answer(
        self, inquiry: Inquiry, meters: Mapping[Part, Metered]
    ) -> tuple[AskedStatus, str, tuple[str, ...]]:
        """Lets the roles talk; returns the status, the words and the names cited."""
        talk = inquiry.talk
        while len(inquiry.calls) < self._most_calls:
            decision = self._ask(inquiry, meters, "planner", Decision)
            talk.say(as_json(decision), kind="thought")
            if decision.next == "give_up":
                return "given_up", decision.thought or _NO_REASON, ()
            if decision.next == "conclude":
                break
            inquiry.call(self._ask(inquiry, meters, "caller", self._call))

        def proved(conclusion: Conclusion) -> None:
            check_proof(conclusion, inquiry.shown)

        conclusion = self._ask(inquiry, meters, "summariser", Conclusion, proved)
        return conclusion.status, conclusion.answer, cited_names(conclusion)

    def _ask(
        self,
        inquiry: Inquiry,
        meters: Mapping[Part, Metered],
        part: Part,
        reply: type[T],
        check: Callable[[T], None] | None = None,
    ) -> T:
        """Asks one role for what it has to write.

        Raises:
            MalformedOutputError: If it wrote nothing that can be used; it names the role.
        """
        inquiry.talk.hear(TURNS[part], kind="turn")

        def ask(messages: Sequence[Message]) -> T:
            return ask_for(meters[part], messages, reply, check=check, timeout=self._timeout).value

        try:
            return self.sight.ask(part, inquiry.talk.messages(self._told), ask)
        except MalformedOutputError as error:
            raise MalformedOutputError(f"the {part} wrote nothing usable: {error}") from error
