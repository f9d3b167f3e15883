"""How people ask for each task: whole sentences with gaps for the things that are meant.

Sentences were written as different people would say them, apart from any parser. Each set has two
parts: those that first runs draw from, and those that only a repeat of a task draws from, so that
a repeat is never worded as any first run was. In braces stand names without an article, such as
`red block`; `{things}` is a list with articles (`the duck and the red ball`), `{kinds}` a plural.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """The sentences of one kind of request."""

    first: tuple[str, ...]
    """For first runs."""
    repeat: tuple[str, ...]
    """Kept back for repeats."""


WORDINGS: Mapping[str, Wording] = {
    "sort": Wording(
        first=(
            "Sort the blocks by colour into the bins.",
            "Please put every block into the bin of its colour.",
            "Could you sort the blocks into the bins by colour?",
            "Each block goes into the bin with the same colour.",
            "The blocks should be sorted by colour into the bins, please.",
            "Blocks into bins, sorted by colour.",
            "Put the blocks in the bins that match their colour.",
            "I would like the blocks to be sorted into the bins according to their colour.",
            "Into the bins with the blocks, by colour.",
            "Would you mind putting all the blocks in the bins of their colours?",
            "Sort all cubes by colour into the matching bins.",
            "Every block belongs in the bin of its own colour. Please see to it.",
            "Place each of the blocks in the bin that has its colour.",
            "Can the blocks be distributed over the bins by colour?",
        ),
        repeat=(
            "Please sort the cubes into the bins of the same colour.",
            "Drop each block into the bin that matches its colour.",
            "All blocks are to be put into bins by colour.",
            "By colour, please sort the blocks into the bins.",
        ),
    ),
    "stack": Wording(
        first=(
            "Stack the {a} on the {b}.",
            "Put the {a} on top of the {b}.",
            "Please place the {a} on the {b}.",
            "Could you stack the {a} on top of the {b}?",
            "The {a} should stand on the {b}.",
            "On the {b}, put the {a}.",
            "Set the {a} down on top of the {b}, please.",
            "I want the {a} to be stacked on the {b}.",
            "{a} onto the {b}, please.",
            "Take the {a} and put it on the {b}.",
            "Would you be so kind as to place the {a} on top of the {b}?",
            "Make a tower: the {b} below and the {a} on top.",
            "The {a} is to be put onto the {b}.",
            "Pick up the {a} and stack it on the {b}.",
        ),
        repeat=(
            "Please get the {a} on top of the {b}.",
            "Can the {a} be stacked on the {b}?",
            "Lay the {a} on the {b}.",
            "Onto the {b} goes the {a}.",
        ),
    ),
    "stack_three": Wording(
        first=(
            "Stack the {b} on the {c} and the {a} on the {b}.",
            "Build a tower: the {c} at the bottom, the {b} in the middle, the {a} on top.",
            "Please build a tower of the {c}, the {b} and the {a}, from bottom to top.",
            "Put the {b} on top of the {c}, and then the {a} on top of the {b}.",
            "Make a tower with the {c} at the bottom, then the {b}, then the {a}.",
            "Could you stack the {b} on the {c} and then put the {a} on the {b}?",
            "I would like a tower: the {a} on the {b} on the {c}.",
            "First the {b} goes onto the {c}, then the {a} goes onto the {b}.",
            "Place the {b} on the {c}. After that, place the {a} on the {b}.",
            "The {b} should stand on the {c}, and the {a} on the {b}.",
            "From bottom to top, stack the {c}, the {b} and the {a}.",
            "Stack three things, please: the {c} below, the {b} in between, the {a} above.",
            "A tower, please: {c}, {b}, {a}, from the bottom up.",
        ),
        repeat=(
            "Please put the {b} onto the {c} and the {a} onto the {b}.",
            "Can you build a tower from the bottom up out of the {c}, the {b} and the {a}?",
            "Take the {c} as the base, put the {b} on it, and the {a} on top.",
            "The {a} on top, the {b} in the middle, the {c} at the bottom: build that tower.",
        ),
    ),
    "put_away": Wording(
        first=(
            "Put {things} away in the {drawer}.",
            "Please put {things} into the {drawer}.",
            "Could you stow {things} in the {drawer}?",
            "{things} can go into the {drawer}.",
            "Put {things} in the {drawer} and close it.",
            "The {drawer} is where {things} should go. Put that away, please.",
            "Tidy {things} away into the {drawer}.",
            "I would like {things} to be put away in the {drawer}.",
            "Into the {drawer} with {things}.",
            "Open the {drawer}, put {things} inside and shut it again.",
            "Store {things} in the {drawer}, please.",
            "Would you place {things} in the {drawer} for me?",
            "In the {drawer}, please put {things}.",
            "Clear {things} away into the {drawer}.",
        ),
        repeat=(
            "Please stash {things} in the {drawer}.",
            "Can {things} be put away in the {drawer}?",
            "I want {things} to end up in the {drawer}.",
            "Let {things} disappear into the {drawer} and close it.",
        ),
    ),
    "fetch": Wording(
        first=(
            "Bring me the {a}.",
            "Please fetch the {a} for me.",
            "Could you get me the {a}?",
            "I need the {a}.",
            "Get the {a}, please.",
            "Would you bring the {a} to me?",
            "Give me the {a}.",
            "Can I have the {a}?",
            "The {a}, please.",
            "Take the {a} out and bring it to me.",
            "I would like to have the {a}, please.",
            "Fetch me the {a} from where it was put.",
            "Put the {a} on the tray for me.",
            "The {a} is needed on the tray.",
        ),
        repeat=(
            "Hand me the {a}, will you?",
            "Please bring the {a} over.",
            "May I have the {a}?",
            "Go and get the {a} for me.",
        ),
    ),
    "restore": Wording(
        first=(
            "Put everything back as it was.",
            "Please put everything back where it was before.",
            "Could you restore things to the way they were?",
            "Everything should go back to its old place.",
            "Make it look the way it did before.",
            "Return all things to where they were.",
            "I want everything back where it stood earlier.",
            "Please undo the mess: put things back as they were.",
            "Restore the earlier arrangement.",
            "Things have been moved. Move them back, please.",
            "Would you put all of it back to where it was at the beginning?",
            "Back to how it was before, please.",
            "Each thing is to be put back in its former place.",
            "Arrange everything again the way it was.",
        ),
        repeat=(
            "Please return everything to its previous place.",
            "Can you put it all back the way it was?",
            "Let everything be as it was before.",
            "Bring the table back to how it looked earlier.",
        ),
    ),
    "swap": Wording(
        first=(
            "Swap the {a} and the {b}.",
            "Please swap the {a} with the {b}.",
            "Could you exchange the {a} and the {b}?",
            "The {a} and the {b} should change places.",
            "Let the {a} and the {b} trade places.",
            "Put the {a} where the {b} is, and the {b} where the {a} is.",
            "Switch the {a} and the {b}, please.",
            "I want the {a} to be where the {b} is and the other way round.",
            "Make the {a} and the {b} switch positions.",
            "Would you mind swapping the positions of the {a} and the {b}?",
            "The {a} and the {b} have to be swapped.",
            "Exchange the places of the {a} and the {b}.",
            "Interchange the {a} and the {b}.",
        ),
        repeat=(
            "Can the {a} and the {b} be swapped?",
            "Please make the {a} and the {b} change places.",
            "The {a} goes where the {b} is now, and vice versa.",
            "Switch the {a} with the {b}.",
        ),
    ),
    "count_table": Wording(
        first=(
            "How many {kinds} are on the table?",
            "How many {kinds} are there on the table?",
            "Count the {kinds} on the table.",
            "Please count the {kinds} that are on the table.",
            "Could you tell me how many {kinds} there are on the table?",
            "What is the number of {kinds} on the table?",
            "Tell me how many {kinds} lie on the table.",
            "On the table, how many {kinds} do you see?",
            "I want to know how many {kinds} are on the table.",
            "Give me the number of {kinds} on the table, please.",
            "The {kinds} on the table: how many are there?",
            "Can you count how many {kinds} stand on the table?",
        ),
        repeat=(
            "Do you know how many {kinds} are on the table?",
            "Please say how many {kinds} there are on the table.",
            "How many {kinds} can be found on the table?",
        ),
    ),
    "count_all": Wording(
        first=(
            "How many {kinds} are there in all, drawers included?",
            "How many {kinds} are there altogether, counting the drawers too?",
            "Count all {kinds}, also those in the drawers.",
            "Please count every one of the {kinds}, including those in the drawers.",
            "Including what is in the drawers, how many {kinds} are there?",
            "What is the total number of {kinds}, drawers included?",
            "Tell me how many {kinds} there are in total, in the drawers as well.",
            "Could you tell me how many {kinds} we have in all, drawers and bins included?",
            "In total, how many {kinds} are there? Don't forget the drawers.",
            "I want to know how many {kinds} there are overall, with those in the drawers.",
            "Give me the number of all {kinds}, the ones in drawers too.",
            "How many {kinds} are there if you count the drawers as well?",
        ),
        repeat=(
            "Please say how many {kinds} there are in total, drawers included.",
            "Do you know how many {kinds} there are altogether, also in the drawers?",
            "Count the {kinds}, those on the table and those in the drawers.",
        ),
    ),
    "clear": Wording(
        first=(
            "Clear the lane.",
            "Please clear the lane.",
            "Could you clear everything out of the lane?",
            "The lane has to be free.",
            "Get everything off the lane.",
            "Nothing may stand in the lane. Please clear it.",
            "Take all things out of the lane.",
            "Make the lane free, please.",
            "I need the lane to be empty.",
            "Move everything out of the lane.",
            "Would you free the lane?",
            "The lane is to be cleared.",
            "Remove whatever is in the lane.",
            "The lane is blocked; please move the things aside.",
        ),
        repeat=(
            "Please empty the lane.",
            "Can you get the lane clear?",
            "Everything that is in the lane should be moved away.",
            "Keep the lane free: take the things away.",
        ),
    ),
    "set_table": Wording(
        first=(
            "Set the table as last time.",
            "Please set the table like last time.",
            "Could you lay the table the way it was last time?",
            "The table should be set as it was the last time.",
            "Set the table the same way as on the last visit.",
            "Lay the table as you saw it last time.",
            "I would like the table to be set just like last time.",
            "Table setting as last time, please.",
            "Like last time, please set the table.",
            "Would you set the table exactly as it was last time?",
            "Put the dishes and the cutlery as they were last time.",
            "Do the table again the way it was set last time.",
            "The table is to be laid as before, on the last visit.",
            "Lay the table again as it was last time.",
        ),
        repeat=(
            "Please lay the table like the last time.",
            "Can you set the table as it was on the previous visit?",
            "As last time, the table should be laid.",
            "Same table setting as last time, please.",
        ),
    ),
    "find_moved": Wording(
        first=(
            "Bring me the {a}.",
            "Find the {a} and bring it to me.",
            "Please look for the {a} and bring it here.",
            "Could you find the {a} for me?",
            "I need the {a}; it may have been moved.",
            "Where is the {a}? Bring it to me, please.",
            "Get me the {a}, wherever it is.",
            "Search for the {a} and put it on the tray.",
            "Would you find the {a} and bring it over?",
            "The {a} is missing. Find it and bring it to me.",
            "Fetch the {a}; you may have to look for it.",
            "I am looking for the {a}. Can you bring it to me?",
            "Somebody moved the {a}. Please bring it to me.",
            "Please get me the {a}, wherever somebody has put it.",
        ),
        repeat=(
            "Please find me the {a}.",
            "Can you get the {a} for me, even if it was moved?",
            "Look around for the {a} and hand it to me.",
            "I want the {a}; go and find it.",
        ),
    ),
}
"""By kind of request; a family may have several kinds."""


def word(kind: str, rng: np.random.Generator, *, repeat: bool = False, **gaps: str) -> str:
    """Draws a sentence and fills its gaps.

    Args:
        kind: Key of `WORDINGS`.
        rng: Source of chance.
        repeat: Draw from the sentences that are kept back for repeats.
        **gaps: What goes into the gaps.

    Raises:
        KeyError: If `kind` is not in `WORDINGS` or a gap is not filled.
    """
    wording = WORDINGS[kind]
    sentences = wording.repeat if repeat else wording.first
    text = sentences[int(rng.integers(len(sentences)))].format(**gaps)
    return text[0].upper() + text[1:]


def listed(names: tuple[str, ...]) -> str:
    """Joins names with articles.

    >>> listed(("duck", "red ball", "mug"))
    'the duck, the red ball and the mug'
    """
    *most, last = (f"the {name}" for name in names)
    return f"{', '.join(most)} and {last}" if most else last
