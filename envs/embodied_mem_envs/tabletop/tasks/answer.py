"""Reads the number out of an answer that was said in words."""

import re

_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
)
_NUMBERS = {word: number for number, word in enumerate(_WORDS)}
_TOKEN = re.compile(r"\d+|[a-z]+")


def said_number(text: str) -> int | None:
    """Returns the number that an answer names; None where it names none, or several.

    >>> said_number("There are three red things on the table."), said_number("2 blocks")
    (3, 2)
    >>> said_number("There are no mugs."), said_number("2 or 3"), said_number("I do not know")
    (0, None, None)
    """
    tokens = _TOKEN.findall(text.lower())
    numbers = {int(token) if token.isdigit() else _NUMBERS.get(token) for token in tokens}
    numbers.discard(None)
    if not numbers and not {"no", "none"}.isdisjoint(tokens):
        return 0
    return numbers.pop() if len(numbers) == 1 else None
