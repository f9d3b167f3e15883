"""Finds what a misspelt word may have been meant to be."""

from collections.abc import Iterable
from functools import lru_cache


def edit_distance(a: str, b: str, limit: int) -> int:
    """Counts the insertions, deletions, changes and swaps of neighbours between two words.

    The optimal string alignment distance: as Damerau (1964), but no letter is touched twice.

    Returns:
        The distance, or `limit + 1` as soon as it must be more than `limit`.

    >>> [edit_distance(a, "mug", 2) for a in ("mug", "mgu", "mud", "smugs", "piano")]
    [0, 1, 1, 2, 3]
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        row = [i]
        for j, other in enumerate(b, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return min(last[-1], limit + 1)


def allowed_distance(word: str) -> int:
    """Returns how many slips of the hand a word of this length may hold.

    >>> [allowed_distance(word) for word in ("tv", "mgu", "sofaa", "refridgerator")]
    [0, 1, 1, 2]
    """
    if len(word) < 3 or not word.replace(" ", "").isalpha():
        return 0
    return 1 if len(word) < 7 else 2


@lru_cache(maxsize=1 << 14)
def _letters(word: str) -> int:
    """Returns the set of a word's letters as bits; one edit changes two of them at most."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def nearest_words(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Returns the known words that are nearest to a misspelt one, the likeliest first.

    Only words at the least distance count. A swap of letters and a kept first letter are
    likelier than other slips; among equals the order of `known` decides.

    >>> nearest_words("mgu", ["mop", "jug", "mug"])
    ('mug',)
    """
    limit = allowed_distance(word)
    if limit == 0:
        return ()
    best = limit
    found: list[tuple[bool, bool, int, str]] = []
    letters = _letters(word)
    for order, candidate in enumerate(known):
        if (letters ^ _letters(candidate)).bit_count() > 2 * best:
            continue
        distance = edit_distance(word, candidate, best)
        if distance > best or distance == 0:
            continue
        if distance < best:
            best = distance
            found.clear()
        swapped = sorted(word) != sorted(candidate)
        found.append((swapped, word[0] != candidate[0], order, candidate))
    found.sort()
    if found and not found[0][0]:
        found = [entry for entry in found if not entry[0]]
    return tuple(candidate for *_, candidate in found)
