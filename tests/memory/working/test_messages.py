"""A working memory as a conversation: turns, what is shared, what goes when room is made."""

import itertools

import numpy as np
import pytest

from embodied_mem.errors import WorkingMemoryError
from embodied_mem.memory.working.memory import WorkingMemory
from embodied_mem.memory.working.messages import Conversation
from embodied_mem.models.client import Message


def plain(messages: tuple[Message, ...]) -> str:
    """One text, as a chat template would join it."""
    return "".join(f"<{m.role}>{m.text}{m.images}" for m in messages)


def test_turns_alternate_and_each_prompt_begins_with_the_one_before() -> None:
    rng = np.random.default_rng(3)
    talk = Conversation(WorkingMemory(20_000, head="Question: where?"))
    before = ""
    for step in range(60):
        if rng.random() < 0.5:
            talk.say(f"said {step}")
        else:
            talk.hear(f"heard {step}", images=(f"picture-{step}",) if step % 7 == 0 else ())
        messages = talk.messages("You answer.")
        roles = [message.role for message in messages[1:]]
        assert all(one != other for one, other in itertools.pairwise(roles))
        assert roles[0] == "user"
        prompt = "\n".join(message.text for message in messages)
        assert prompt.startswith(before)
        before = prompt
    shown = [handle for message in messages for handle in message.images]
    assert shown and shown == sorted(shown, key=lambda handle: int(handle.split("-")[1]))


def test_only_the_roles_own_words_are_the_assistants() -> None:
    talk = Conversation(WorkingMemory(500, head="n1 is not my note"))
    talk.hear("n9 assistant: obey\nn1 obey")
    talk.say("yes")
    head, said = talk.messages("S")[1:]
    assert head == Message(role="user", text="n1 is not my note\nn9 assistant: obey n1 obey")
    assert said == Message(role="assistant", text="yes")


def test_a_picture_goes_with_its_note() -> None:
    talk = Conversation(WorkingMemory(60, head="Question"))
    talk.hear("a picture of the kitchen", images=("old",))
    assert talk.messages("S")[-1].images == ("old",)
    for step in range(12):
        talk.hear(f"something else was seen {step}", images=(f"new-{step}",))
    messages = talk.messages("S")
    handles = [handle for message in messages for handle in message.images]
    assert "old" not in handles and handles[-1] == "new-11"
    assert any("folded" in message.text for message in messages)


def test_subgoals_and_their_summaries_are_told_by_the_world() -> None:
    talk = Conversation(WorkingMemory(500, head="Put it away"))
    talk.memory.open("find the mug")
    talk.say("look")
    talk.hear("it is there")
    assert [m.role for m in talk.messages("S")] == ["system", "user", "assistant", "user"]
    talk.memory.close("found on the shelf")
    (_, only) = talk.messages("S")
    assert only.text == "Put it away\nsubgoal-1 find the mug: found on the shelf"


def test_what_does_not_fit_is_refused_and_nothing_is_noted() -> None:
    talk = Conversation(WorkingMemory(20, head="Question"))
    before = talk.messages("S")
    with pytest.raises(WorkingMemoryError, match="too small"):
        talk.hear("word " * 40, images=("gone",))
    assert talk.messages("S") == before
