"""Turns what a person typed into plain lower-case words, sentence by sentence."""

import re
import unicodedata

_IS_CONTRACTED = "|".join(
    ("where", "what", "who", "how", "when", "why", "which", "that", "there", "here")
)
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[‘’ʼ`´]", "'"),
        (r"[“”]", '"'),
        (r"\bcan't\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"\bshan't\b", "shall not"),
        (r"\bain't\b", "is not"),
        (r"n't\b", " not"),
        (r"\b(does|is|are|did|do|have|has|was|were|could|would)nt\b", r"\1 not"),
        (r"\bcannot\b", "can not"),
        (r"\b(is|are|was|were|do|does|did|have|has) not (there|we|you|i|they|the)\b", r"\1 \2"),
        (rf"\b({_IS_CONTRACTED})'?s\b", r"\1 is"),
        (r"\bit's\b", "it is"),
        (r"\b(where|what|how)'?re\b(?=\s)", r"\1 are"),
        (r"\b(where|what|how|who)'d\b", r"\1 did"),
        (r"\b(where|what|how|who)'ve\b", r"\1 have"),
        (r"\bi'm\b|\bim\b", "i am"),
        (r"\bu\b", "you"),
        (r"\bur\b", "your"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'ll\b", " will"),
        (r"'d\b", " would"),
        (r"'s\b|s'(?=\s|$)", lambda m: "" if m.group().startswith("'") else "s"),
        (r"\bcolor", "colour"),
        (r"\bgray", "grey"),
        (r"\bneighbor", "neighbour"),
        (r"\bcenter", "centre"),
        (r"\bwhereabout\b", "whereabouts"),
        (r"\b(near|close)\s*-?\s*by\b", "nearby"),
        (r"\bany\s+where\b", "anywhere"),
        (r"\bhowmany\b", "how many"),
    )
)
_SENTENCE_END = re.compile(r"[.?!;\n\r…¿¡]+(?=\s|$)|[\n\r]+|\?+")
_WORD = re.compile(r"[^\W_]+")


def sentences(text: str) -> tuple[tuple[str, ...], ...]:
    """Returns the words of every sentence that holds any.

    Case, punctuation, contractions, possessives and American spelling are gone afterwards.

    >>> sentences("Hi! Where's the   neighbor's TV-stand?")
    (('hi',), ('where', 'is', 'the', 'neighbour', 'tv', 'stand'))
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = []
    for part in _SENTENCE_END.split(plain):
        for pattern, replacement in _REWRITES:
            part = pattern.sub(replacement, part)
        words = tuple(_WORD.findall(part))
        if words:
            found.append(words)
    return tuple(found)
