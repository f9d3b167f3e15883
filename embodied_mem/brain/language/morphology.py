"""Singular, plural and articles of English nouns."""

_IRREGULAR = {
    "child": "children",
    "foot": "feet",
    "knife": "knives",
    "loaf": "loaves",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "scarf": "scarves",
    "shelf": "shelves",
    "tooth": "teeth",
    "woman": "women",
}
_IRREGULAR_SINGULAR = {many: one for one, many in _IRREGULAR.items()}
_SAME = frozenset({"furniture", "glasses", "luggage", "scissors", "stairs", "trousers"})
_HISSING = ("s", "x", "z", "ch", "sh")


def plural_of(noun: str) -> str:
    """Returns the plural of a noun phrase; its head is its last word, or the one before "of".

    >>> [plural_of(n) for n in ("mug", "bookshelf", "toy box", "can of paint", "battery", "key")]
    ['mugs', 'bookshelves', 'toy boxes', 'cans of paint', 'batteries', 'keys']
    """
    if " of " in noun:
        head, rest = noun.split(" of ", 1)
        return f"{plural_of(head)} of {rest}"
    before, space, head = noun.rpartition(" ")
    return f"{before}{space}{_plural_word(head)}"


def _plural_word(word: str) -> str:
    if word in _SAME:
        return word
    for one, many in _IRREGULAR.items():
        if word == one or (one == "shelf" and word.endswith(one)):
            return word[: len(word) - len(one)] + many
    if word.endswith(_HISSING):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"


def singulars_of(word: str) -> tuple[str, ...]:
    """Returns what an unknown word may be the plural of, likeliest first; () if it is singular.

    >>> singulars_of("shelves"), singulars_of("flurbles"), singulars_of("glass")
    (('shelf',), ('flurble', 'flurbl'), ())
    """
    if word in _IRREGULAR_SINGULAR:
        return (_IRREGULAR_SINGULAR[word],)
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return ()
    if word.endswith("ies"):
        return (word[:-3] + "y", word[:-1])
    if word.endswith(tuple(h + "es" for h in _HISSING)):
        return (word[:-2], word[:-1])
    if word.endswith("es"):
        return (word[:-1], word[:-2])
    return (word[:-1],)


def with_article(noun: str) -> str:
    """Puts "a" or "an" before a noun phrase.

    >>> with_article("armchair"), with_article("mug")
    ('an armchair', 'a mug')
    """
    vowel = noun[:1] in tuple("aeiou") and not noun.startswith(("uku", "uni", "use", "ute"))
    return f"{'an' if vowel else 'a'} {noun}"
