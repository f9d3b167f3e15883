"""Hidden rules as an `Episode`: asked for call after call, and for the rules at the end."""

from typing import final

import msgspec

from embodied_mem.errors import ConfigError
from embodied_mem.types import UInt8Array
from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, Reply, Utterance
from embodied_mem_envs.tasks.hidden_rule.briefing import brief
from embodied_mem_envs.tasks.hidden_rule.calls import decode_call, encode_outcome
from embodied_mem_envs.tasks.hidden_rule.game import Game, GameConfig
from embodied_mem_envs.tasks.hidden_rule.grammar import Rule
from embodied_mem_envs.tasks.hidden_rule.parsing import parse_rule
from embodied_mem_envs.tasks.hidden_rule.pictures import room_picture

OPERATOR = "operator"
_PICTURE = (256, 192)


@final
class HiddenRuleEpisode(AskingEpisode):
    """Two kinds of asks, both answered in words.

    `call`: the text is what was sensed last, as JSON; the reply is a call as JSON. `rule`: the
    text names a trigger; the reply is a rule in the grammar, whose score is the progress of the
    ask, and which is right where it is equivalent to the hidden one.
    """

    def __init__(
        self,
        seed: int,
        config: GameConfig | None = None,
        *,
        thinking_steps: int = 0,
        pictures: bool = False,
    ) -> None:
        """Draws the episode.

        Args:
            seed: Of everything.
            config: What is not left to the seed.
            thinking_steps: So many steps of the world go by before each call.
            pictures: Whether asks for calls show the room that the robot is in.

        Raises:
            ConfigError: If a value is out of its range.
        """
        super().__init__("hidden_rule", seed)
        if thinking_steps < 0:
            raise ConfigError(f"thinking_steps is {thinking_steps}; expected 0 or more")
        self.game = Game(seed, config)
        self._thinking = thinking_steps
        self._pictures = pictures
        self._seen: dict[int, UInt8Array] = {}
        self._briefed = False
        self._number = 0

    @property
    def asks(self) -> int:
        """Steps and rules: so many asks there are at most."""
        return self.game.config.steps + len(self.game.rules)

    @property
    def body(self) -> None:
        """None: the robot is moved by calls."""
        return None

    @property
    def progress(self) -> float:
        """Mean score over all hidden rules."""
        return self.game.progress

    def _advance(self) -> Happening | None:
        if not self._briefed:
            self._briefed = True
            return Utterance(partner=OPERATOR, text=brief(self.game), tick=0)
        if self.game.exploring:
            return self._ask("call", encode_outcome(self.game.outcome), self._picture())
        rule = self.game.asked
        if rule is None:
            return None
        return self._ask("rule", f"Which rule does `{rule.trigger}` follow?")

    def _ask(self, kind: str, text: str, image: UInt8Array | None = None) -> Ask:
        self._number += 1
        return Ask(number=self._number - 1, kind=kind, text=text, form="words", image=image)

    def _picture(self) -> UInt8Array | None:
        """Returns the room that the robot is in, rendered once; None where nobody asked."""
        if not self._pictures:
            return None
        room = self.game.world.room
        if room not in self._seen:
            self._seen[room] = room_picture(self.game.house, room, *_PICTURE)
        return self._seen[room].copy()

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        return self._judge_call(reply) if ask.kind == "call" else self._judge_rule(reply)

    def _judge_call(self, reply: Reply) -> Judgement:
        if self._thinking:
            self.game.wait(self._thinking)
            if not self.game.exploring:
                return Judgement(right=False, progress=0.0, reason="the time was up")
        try:
            call = decode_call(reply.text)
        except msgspec.DecodeError as error:
            self.game.fumble()
            return Judgement(right=False, progress=0.0, reason=f"not a call: {error}")
        outcome = self.game.do(call)
        done = not outcome.error
        return Judgement(right=done, progress=float(done), reason=outcome.error or "done")

    def _judge_rule(self, reply: Reply) -> Judgement:
        truth = self.game.asked
        assert truth is not None
        answer, reason = self._read(reply)
        score = self.game.tell(answer)
        values = {"rule_score": score}
        if self.game.asked is None:
            values |= self.game.values()
        return Judgement(
            right=score >= 1.0 - 1e-12,
            progress=score,
            reason=reason or f"the rule is `{truth.text}`",
            values=values,
        )

    def _read(self, reply: Reply) -> tuple[Rule | None, str]:
        try:
            return parse_rule(reply.text, self.game.grammar), ""
        except ConfigError as error:
            return None, f"not a rule: {error}"
