"""Reads rules that are written in the grammar."""

from typing import Final, cast, final

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.hidden_rule.grammar import Condition, Grammar, Joint, Literal, Rule

_MOST_CHARACTERS: Final = 400


class RuleSyntaxError(ConfigError):
    """What is written is no rule."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"word {position}: {message}")
        self.position = position
        """The word at which that shows, from 0 on."""


def parse_rule(text: str, grammar: Grammar) -> Rule:
    """Reads one rule.

    Args:
        text: A sentence of the grammar, as `Rule.text` writes it.
        grammar: Over the house that it is about.

    Raises:
        RuleSyntaxError: If it is no such sentence, or names what the house has not.
    """
    if len(text) > _MOST_CHARACTERS:
        raise RuleSyntaxError(f"a rule has at most {_MOST_CHARACTERS} characters", 0)
    return _Reader(text.split(), grammar).rule()


@final
class _Reader:
    def __init__(self, words: list[str], grammar: Grammar) -> None:
        self._words = words
        self._grammar = grammar
        self._at = 0
        self._atoms = {atom.text: atom for atom in grammar.atoms()}

    def rule(self) -> Rule:
        """Reads all words as one rule."""
        trigger = self._one_of(self._after("when"), self._grammar.triggers, "trigger")
        condition = self._condition()
        effects = self._grammar.effects_of(trigger)
        effect = self._one_of(self._after("then"), effects, "effect")
        if self._at < len(self._words):
            raise self._wrong("the end")
        return Rule(trigger=trigger, condition=condition, effect=effect)

    def _condition(self) -> Condition:
        first = self._literal(self._after("if"))
        if self._peek() not in ("and", "or"):
            return Condition(literals=(first,))
        joint = cast(Joint, self._words[self._at])
        second = self._literal(self._at + 1)
        if second.variable == first.variable:
            raise self._wrong("a literal on another variable than the first")
        return Condition(literals=(first, second), joint=joint)

    def _literal(self, start: int) -> Literal:
        self._at = start
        negated = self._peek() == "not"
        text = self._one_of(start + negated, tuple(self._atoms), "atom")
        return self._atoms[text].negated() if negated else self._atoms[text]

    def _after(self, keyword: str) -> int:
        if self._peek() != keyword:
            raise self._wrong(repr(keyword))
        return self._at + 1

    def _one_of(self, start: int, sentences: tuple[str, ...], what: str) -> str:
        """Reads the longest of several sentences that begins at a word."""
        self._at = start
        for length in range(min(6, len(self._words) - start), 0, -1):
            text = " ".join(self._words[start : start + length])
            if text in sentences:
                self._at = start + length
                return text
        raise self._wrong(f"a{'n' if what[0] in 'ae' else ''} {what}")

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _wrong(self, expected: str) -> RuleSyntaxError:
        return RuleSyntaxError(f"expected {expected}, got {self._peek() or 'the end'!r}", self._at)
