"""A working memory as a conversation with a model: what is shown becomes messages.

What was said and heard goes in as notes and comes out as turns, each under its cap's rules. The
system message comes first, then the head, then the turns in their order: whatever is added is
added at the end, so that each prompt of a role begins with the one before it and a server need
not read that again. (A prompt with the newest first, or with numbers that change, shares nothing.)
"""

from collections.abc import Sequence
from typing import Final, Literal, final

from embodied_mem.memory.working.memory import WorkingMemory
from embodied_mem.models.client import Message

Speaker = Literal["assistant", "user"]
_HEAD: Final = "head"


@final
class Conversation:
    r"""Turns of a model and of the world, kept in a working memory.

    Args:
        memory: Where the turns are noted; subgoals and edits of it show in the messages too.

    >>> talk = Conversation(WorkingMemory(200, head="Where is the mug?"))
    >>> talk.say('{"tool": "where_is"}')
    'n1'
    >>> talk.hear("It is on the shelf.", images=("k3fm7qp",))
    'n2'
    >>> for message in talk.messages("You answer."):
    ...     print(message.role, "|", message.text, *message.images)
    system | You answer.
    user | Where is the mug?
    assistant | {"tool": "where_is"}
    user | It is on the shelf. k3fm7qp
    """

    def __init__(self, memory: WorkingMemory) -> None:
        self.memory = memory
        self._speakers: dict[str, Speaker] = {}
        self._images: dict[str, tuple[str, ...]] = {}

    def say(self, text: str, *, kind: str = "", about: str = "") -> str:
        """Notes what the model said; returns the id of the note.

        Args:
            text: It becomes one line.
            kind: Of the note, see `WorkingMemory.note`.
            about: What it is about, see there.

        Raises:
            WorkingMemoryError: If there is no room for it.
        """
        return self._note("assistant", text, kind, about)

    def hear(
        self, text: str, *, images: Sequence[str] = (), kind: str = "", about: str = ""
    ) -> str:
        """Notes what came back to the model; returns the id of the note.

        Args:
            text: It becomes one line.
            images: Handles of pictures that go with it; they go when the note goes.
            kind: Of the note, see `WorkingMemory.note`.
            about: What it is about, see there.

        Raises:
            WorkingMemoryError: If there is no room for it.
        """
        note = self._note("user", text, kind, about)
        if images:
            self._images[note] = tuple(images)
        return note

    def messages(self, system: str) -> tuple[Message, ...]:
        """Returns the conversation for one role.

        Turns of one speaker that follow each other are one message: the templates of many models
        want user and assistant to alternate.

        Args:
            system: What the role is told; the same at every step, or nothing is shared.
        """
        turns: list[tuple[Speaker, list[str], list[str]]] = []
        for section in self.memory.render():
            for line in section.text.split("\n"):
                note, _, rest = line.strip().partition(" ")
                known = section.name != _HEAD and note in self._speakers
                speaker = self._speakers[note] if known else "user"
                if not turns or turns[-1][0] != speaker:
                    turns.append((speaker, [], []))
                turns[-1][1].append(rest if known else line)
                turns[-1][2].extend(self._images.get(note, ()) if known else ())
        return (
            Message(role="system", text=system),
            *(Message(role=who, text="\n".join(t), images=tuple(i)) for who, t, i in turns),
        )

    def _note(self, speaker: Speaker, text: str, kind: str, about: str) -> str:
        note = self.memory.note(text, kind=kind, about=about)
        self._speakers[note] = speaker
        return note
