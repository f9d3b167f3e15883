"""What episodes with asks have in common: one ask is open at a time, and right ones are counted."""

from abc import ABC, abstractmethod

from embodied_mem.errors import EvaluationError
from embodied_mem.robots.body import Body
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, Reply


class AskingEpisode(ABC):
    """An `Episode` that keeps the order of asks and replies; the task says what happens."""

    def __init__(self, task: str, seed: int) -> None:
        self._task = task
        self._seed = seed
        self._open: Ask | None = None
        self._right = 0

    @property
    def task(self) -> str:
        """Name of the task."""
        return self._task

    @property
    def seed(self) -> int:
        """What it was drawn from."""
        return self._seed

    @property
    def open_ask(self) -> Ask | None:
        """The ask that waits for a reply."""
        return self._open

    @property
    def progress(self) -> float:
        """Share of all asks that were answered right so far."""
        return self._right / max(1, self.asks)

    @property
    @abstractmethod
    def asks(self) -> int:
        """How many asks the whole episode has."""

    @property
    @abstractmethod
    def body(self) -> Body | None:
        """What may be moved while an ask with ticks is open."""

    def next(self) -> Happening | None:
        """Returns what happens next, None at the end.

        Raises:
            EvaluationError: If the last ask was not answered.
        """
        if self._open is not None:
            raise EvaluationError(f"ask {self._open.number} was not answered; submit a reply first")
        happening = self._advance()
        if isinstance(happening, Ask):
            self._open = happening
        return happening

    def submit(self, reply: Reply) -> Judgement:
        """Judges the reply to the open ask and closes it.

        Raises:
            EvaluationError: If no ask is open.
        """
        if self._open is None:
            raise EvaluationError("there is no open ask to reply to; call next() first")
        judgement = self._judge(self._open, reply)
        self._open = None
        self._right += judgement.right
        return judgement

    def close(self) -> None:
        """Releases the body; safe to call twice."""
        if self.body is not None:
            self.body.close()

    @abstractmethod
    def _advance(self) -> Happening | None:
        """Makes the next happening."""

    @abstractmethod
    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        """Judges a reply by the truth."""
