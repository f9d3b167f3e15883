"""An episode of questions about a house."""

from typing import final

import numpy as np

from embodied_mem_envs.evaluation.metrics import answer_spl
from embodied_mem_envs.evaluation.questions import KINDS, HouseQuestion, generate_questions
from embodied_mem_envs.evaluation.scoring import score
from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, Reply
from embodied_mem_envs.tasks.house_world import HouseWorld
from embodied_mem_envs.tasks.question_answering.config import QuestionAnsweringConfig
from embodied_mem_envs.tasks.question_answering.options import make_options
from embodied_mem_envs.tasks.question_answering.shortest import shortest_way
from embodied_mem_envs.tasks.question_answering.tour import SHOWN_FRAMES, Tour
from embodied_mem_envs.tasks.task_body import TaskBody

TASK = "question_answering"
_TRIES = 12


@final
class QuestionAnswering(AskingEpisode):
    """Asks about a house: what is where, how many, in what colour, and what is not there at all.

    In mode `active` the body wakes somewhere in a house that it does not know and is asked one
    question at once; it walks as it likes and then answers. In mode `episodic` the observations of
    a walk are the happenings, and the questions follow them; there is no body to move.

    A reply is judged by its `answer` (`evaluation.scoring`), else by its `choice` of an option,
    else by its `text`, which must be the right option but for case and spaces.
    """

    def __init__(self, seed: int, config: QuestionAnsweringConfig) -> None:
        super().__init__(TASK, seed)
        self.config = config
        self.world = HouseWorld(seed, config.world)
        """The truth, for bounds and drawings only."""
        self.world.body.connect()
        self._tour = Tour(self.world) if config.mode == "episodic" else None
        self._questions: list[HouseQuestion] | None = None
        self._asked = 0
        self._rights: list[int] = []
        self._shortest = 0.0

    @property
    def asks(self) -> int:
        """How many questions the whole episode has."""
        return self.config.count if self._questions is None else len(self._questions)

    @property
    def body(self) -> TaskBody | None:
        """The body; None in mode `episodic`."""
        return self.world.body if self._tour is None else None

    @property
    def question(self) -> HouseQuestion:
        """The question that was asked last, for bounds only."""
        assert self._questions is not None
        return self._questions[self._asked - 1]

    def close(self) -> None:
        """Releases the body; safe to call twice."""
        self.world.body.close()

    def _advance(self) -> Happening | None:
        if self._tour is not None and self._questions is None:
            seen = self._tour.next()
            if seen is not None:
                return seen
        if self._questions is None:
            self._questions = self._draw()
            self._set_out(self._questions[0])
        if self._asked == len(self._questions):
            return None
        return self._ask(self._questions[self._asked])

    def _ask(self, question: HouseQuestion) -> Ask:
        number = self._asked
        self._asked += 1
        rng = np.random.default_rng([self.seed, 44, number])
        options, right = make_options(question, self.world.house, self.config.options, rng)
        self._rights.append(right)
        ticks = 0
        if self._tour is None:
            ticks = self.world.ticks(self.config.least_ticks, self.config.ticks_a_room)
            self._shortest = shortest_way(question, self.world, self.world.body.true_place)
            self.world.body.allow(ticks)
        return Ask(
            number=number,
            kind=question.kind,
            text=question.text,
            form="words",
            options=options,
            max_ticks=ticks,
        )

    def _draw(self) -> list[HouseQuestion]:
        """Draws the questions: about what showed on the walk, or about all that can be seen."""
        if self._tour is not None:
            shown = self._tour.tracker.shown(SHOWN_FRAMES)
        else:
            world = self.world
            can_be_seen = (
                thing
                for thing in world.house.objects
                if world.sight.ever_shows(thing, world.reachable)
            )
            shown = sorted(thing.id for thing in can_be_seen)
        rng = np.random.default_rng([self.seed, 43])
        # Drawn from enough, so that every kind and every reason to be unseen keeps its share.
        pool = generate_questions(
            self.world.house.truth(), shown, rng, max(2 * len(KINDS), self.config.count)
        )
        return pool[: self.config.count]

    def _set_out(self, question: HouseQuestion) -> None:
        """Puts the body where the answer does not show at once, if the house has such a place."""
        if self._tour is not None:
            return
        rng = np.random.default_rng([self.seed, 45])
        for _ in range(_TRIES):
            way = shortest_way(question, self.world, self.world.body.true_place)
            if way >= self.config.least_metres:
                return
            self.world.body.inner.place(*self.world.draw_place(rng))

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        right, reason, false_claim = self._verdict(ask, reply)
        values = {
            "answer_accuracy": float(right),
            "false_claim": float(false_claim),
            "chance": 1.0 / len(ask.options),
        }
        if self._tour is None:
            body = self.world.body
            values |= {
                "answer_spl": answer_spl(float(right), self._shortest, body.metres),
                "path_metres": body.metres,
                "shortest_metres": self._shortest,
                "ticks": float(body.ticks),
            }
            body.allow(0)
        return Judgement(right=right, progress=float(right), reason=reason, values=values)

    def _verdict(self, ask: Ask, reply: Reply) -> tuple[bool, str, bool]:
        """Returns whether a reply is right, why, and whether it claims what cannot be known."""
        if reply.answer is not None:
            verdict = score(self.question, reply.answer)
            return verdict.right, verdict.reason, verdict.outcome == "false_claim"
        right = self._rights[ask.number]
        if reply.choice is not None:
            said = ask.options[reply.choice] if 0 <= reply.choice < len(ask.options) else "nothing"
            known = reply.choice == right
        else:
            said = reply.text
            known = _plain(said) == _plain(ask.options[right])
        return known, "true" if known else f"it is {ask.options[right]!r}, not {said!r}", False


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def make(seed: int, config: QuestionAnsweringConfig | None = None) -> QuestionAnswering:
    """Makes the episode of a seed.

    Raises:
        HouseError: If no valid house was found for the config.
    """
    return QuestionAnswering(seed, config or QuestionAnsweringConfig())
