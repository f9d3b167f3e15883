"""What every task of a mobile body is made of: an episode hands out happenings, one by one.

Whoever lives through it (an agent of an evaluation, or a Gymnasium environment on behalf of a
policy) takes them in order:

    while (happening := episode.next()) is not None:
        if isinstance(happening, Ask):
            episode.submit(reply)       # after moving `episode.body`, where the ask allows ticks
        else:
            ...                         # see, hear, or start another visit
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from embodied_mem.robots.body import Body
from embodied_mem.types import Observation, UInt8Array
from embodied_mem_envs.evaluation.scoring import AnswerLike

Place = tuple[float, float, float]
"""A world position, metres."""

ReplyForm = Literal["words", "stop", "places"]
"""`words`: answer in words or by an option. `stop`: move the body there and reply; where it then
stands is the answer. `places`: point at world positions, in order where the words say so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Utterance:
    """Something that was said to the robot."""

    partner: str
    """Who said it."""
    text: str
    tick: int
    private: bool = False
    """Whether the partner asked to keep it between the two of them."""
    session: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class NewVisit:
    """Time went by: things may lie elsewhere, and instance ids mean nothing any more.

    The memory stays.
    """

    number: int
    """Of the visit, from 1 on; the first one (0) is not announced."""
    body_moved: bool = True
    """Whether the body is somewhere else than before."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ask:
    """One thing that is asked of the robot."""

    number: int
    """From 0 on, within the episode."""
    kind: str
    """Which kind of ask, by the task's own names."""
    text: str
    """As it is said."""
    form: ReplyForm
    image: UInt8Array | None = None
    """(H, W, 3) picture of what is meant, where it is shown rather than named."""
    options: tuple[str, ...] = ()
    """For `words`: possible answers, exactly one of them right; for policies that can only choose.
    """
    partner: str = ""
    """Who asks; empty for nobody in particular."""
    max_ticks: int = 0
    """So many ticks the body may act before the reply; 0 means: answer from memory."""
    places: int = 1
    """For `places`: how many positions are wanted at most."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reply:
    """What the robot gives back; an empty one means that it gave up."""

    text: str = ""
    """In words, for readers and for scores that look at words."""
    answer: AnswerLike | None = None
    """In a form that programs check, as `embodied_mem.brain.language.answers.Answer`."""
    choice: int | None = None
    """Index of an option."""
    places: tuple[Place, ...] = ()
    model_calls: int = 0
    """What the reply cost: calls of a model..."""
    tokens: int = 0
    """...and tokens that it read and wrote."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a reply was worth, by the ground truth."""

    right: bool
    progress: float
    """From 0 to 1; 1 where it is right."""
    reason: str
    """Why, in words."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Metrics of this ask by the names of `evaluation.metrics`: `success`, `spl`, `soft_spl`,
    `answer_accuracy`, `answer_spl`, `path_metres`, `shortest_metres`, ... as far as they apply."""


Happening = Observation | Utterance | NewVisit | Ask


class Episode(Protocol):
    """One seeded episode of a task; the same seed and replies give the same episode."""

    @property
    def task(self) -> str:
        """Name of the task, such as `lifelong_nav`."""

    @property
    def seed(self) -> int:
        """What it was drawn from."""

    @property
    def body(self) -> Body | None:
        """What may be moved while an ask with ticks is open; None where there is nothing to move.

        It counts its own ticks: beyond `Ask.max_ticks` it stands still.
        """

    @property
    def progress(self) -> float:
        """How much of the episode was done right so far, from 0 to 1."""

    def next(self) -> Happening | None:
        """Returns what happens next, None at the end.

        Raises:
            EvaluationError: If the last ask was not answered.
        """

    def submit(self, reply: Reply) -> Judgement:
        """Judges the reply to the open ask and closes it.

        Raises:
            EvaluationError: If no ask is open.
        """

    def close(self) -> None:
        """Releases the body; safe to call twice."""
