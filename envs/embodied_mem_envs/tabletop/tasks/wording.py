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
            "Sort these blocks out for me, will you? Each one in the bin of the same colour.",
            "Get all the blocks binned by colour, please.",
            "I need these blocks separated by colour, so put each one in its matching bin.",
            "Take the blocks one by one and put each into the bin of the same colour.",
            "Match the blocks to the bins by colour and put them in.",
            "Could all the blocks be put away in their bins? Go by colour.",
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
            "Pop the {a} on top of the {b} for me, would you?",
            "Grab the {a}, please. It needs to sit on top of the {b}.",
            "I'd like to see the {a} sitting on top of the {b}.",
            "See the {b}? Please put the {a} on it.",
            "The {b} should end up with the {a} standing on top of it.",
            "Using the {b} as the base, stack the {a} on top.",
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
            "Start with the {c}, put the {b} on it, then finish with the {a} on top.",
            "I need a tower with the {a} on top, the {b} under it and the {c} at the very bottom.",
            "Pile these up for me: the {c} first, the {b} next, the {a} last.",
            "Set the {b} on the {c}, then top it off with the {a}.",
            "Would you mind making a stack with the {c} as its base, then the {b}, then the {a}?",
            "The {b} gets placed on the {c}. Once that is done, the {a} gets placed on the {b}.",
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
            "Pull the {drawer} open and drop {things} in there, would you?",
            "I'm done with {things}. Into the {drawer}, please.",
            "Please get {things} off the table and into the {drawer}.",
            "Use the {drawer} to put away {things}.",
            "Would you mind tucking {things} away in the {drawer}?",
            "Please find room for {things} in the {drawer}.",
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
            "Pass the {a} over here.",
            "Would you mind grabbing the {a} for me?",
            "I could use the {a} now. Can you bring it here?",
            "Let me have the {a}, would you?",
            "Could the {a} be brought to me, please?",
            "It's the {a} I want, so please go and fetch it.",
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
            "Can everything go back to where it used to be?",
            "Someone has moved my things around. Please put them all back where they were.",
            "I liked it better before, so please put everything back in its original place.",
            "Set everything up again exactly like it was before.",
            "Would you mind moving everything back to its original position?",
            "All of these things need to be returned to the places they had before.",
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
            "Could you have the {a} and the {b} trade spots?",
            "I'd like the {a} and the {b} the other way round, please.",
            "Move the {a} to the spot of the {b}, and move the {b} to where the {a} was.",
            "Take the {a} and the {b} and swap them over for me.",
            "The {a} and the {b} are in the wrong places. Swap one for the other, please.",
            "Would you give the {a} the place of the {b}, and the {b} the place of the {a}?",
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
            "Would you check the table and let me know how many {kinds} are on it?",
            "Look at the table. How many {kinds} are on it?",
            "I'd like a count of the {kinds} on the table, please.",
            "Any idea how many {kinds} are sitting on the table right now?",
            "Would you mind counting up the {kinds} on the table for me?",
            "What's the count for {kinds} on the table?",
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
            "How many {kinds} do we have in total? Count the ones in the drawers too.",
            "I need a full count of the {kinds}, both in the drawers and outside.",
            "Would you add up all the {kinds} for me, with the drawers included?",
            "Drawers and everything, how many {kinds} are there?",
            "What's the overall number of {kinds}, if we also count the ones inside the drawers?",
            "Could all the {kinds} be counted, even the ones that are in a drawer?",
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
            "Could you move the stuff out of the lane, please?",
            "There are things in the lane. Get them out of there.",
            "I can't have anything standing in the lane, so please move it all away.",
            "Anything you find in the lane has to go, please.",
            "Would you mind clearing away whatever is in the lane?",
            "Whatever you see in the lane, please put it somewhere else.",
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
            "Could the table be set the same way we had it last time?",
            "Remember how the table was set last time? Please do it like that again.",
            "Set the table for me, just the way it looked last time.",
            "I'd like everything on the table laid out the same as last time.",
            "Time to lay the table. Do it the same way as last time.",
            "Would you mind arranging the plates and cutlery the way they were last time?",
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
            "I can't find the {a}. Could you track it down and bring it to me?",
            "Have a look for the {a} and bring it over here, please.",
            "The {a} isn't where I left it. Please find it for me and bring it here.",
            "Would you mind hunting down the {a} and giving it to me?",
            "Wherever the {a} has ended up, I'd like it brought to me.",
            "Go find the {a}, then bring it back to me.",
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
