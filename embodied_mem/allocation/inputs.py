"""What a policy sees of a decision, the same for a simulated stream and for a real store.

Names and order of the inputs.

Every feature is without unit and about in [-1, 1], and grows with what its name says, so that the
order of the slots by a raw quantity is their order by its feature.
"""

from typing import Final

import numpy as np

from embodied_mem.types import Float32Array

ROOMS: Final = 8
"""Types of rooms that are told apart; the last is any other."""
GROUPS: Final = 12
"""Groups of object categories that are told apart; the last is any other."""

SLOT_FEATURES: Final = (
    "held",  # 1 for a record that is held and for the candidate, 0 for an empty slot
    "candidate",  # 1 for the candidate alone
    "age",  # time since it was recorded, as a share of the time since the first candidate
    "log_age",  # log(1 + age in candidates) / 5
    "log_idle",  # the same since it was recorded or last read
    "reads",  # log(1 + times that it answered a question) / 2
    "level",  # 1 at full fidelity, 0.5 coarse
    "bytes",  # what it takes as it is, over the mean of full candidates so far
    "saving",  # bytes that lowering it frees, over the same mean
    "place_count",  # share of the held records that lie in its place
    "visits",  # times that the agent came into its place, over the most of any place
    "objects",  # things that it shows / 8
    "unique",  # share of what it shows that no other held record shows
    "unique_now",  # the same of what is still where it was
    "unique_moved",  # the same of what is where it was moved to
    "unique_recent",  # the same of what is still there, each as `nearness` of when last shown
    "unique_early",  # the same, each as `nearness` of when first shown
    "unique_often",  # the same, each as `OFTEN` times the share of candidates that showed it
    "unique_fine",  # share of what it shows that no other held record shows in full, if it does
    "overlap",  # share of what it shows that the candidate shows (of the candidate: that is held)
    "stale",  # share of what it shows that has been seen elsewhere since
    "moved",  # share of the things it shows that are known to have been moved at some time
    "first",  # share of what it shows of which it knows the first sighting
    "latest",  # share of what it shows that no later candidate showed again
    "quality",  # mean quality of its views, 0 to 1
    "similarity",  # largest cosine between its embedding and that of another held record
    "candidate_similarity",  # cosine between its embedding and the candidate's
    "mergeable",  # 1 if the candidate may be merged into it
    *(f"room_{room}" for room in range(ROOMS)),  # one-hot
    *(f"group_{group}" for group in range(GROUPS)),  # things of each group / 4
)

QUESTION_KINDS: Final = (
    "recent",  # a thing that one of the newest candidates shows
    "oldest",  # one that one of the first candidates shows
    "rare_place",  # one last seen in the place that the agent came into least often
    "moved",  # where a thing is now that was moved
    "count",  # how many of a group there are in a room
    "at_time",  # where a thing was at a time
    "demand",  # a thing that people ask for, by its room and its group
    "looks",  # what a thing looks like; full fidelity is needed
    "pair",  # two things that were seen together
    "since",  # since when a thing is there
)
"""What an agent can be asked."""
DESCRIPTORS: Final = (
    "since_last",  # time since its subject was last shown, as a share of the time so far
    "since_first",  # the same since it was first shown
    "stale",  # 1 if it is about where a thing was, not where it is
    "moved",  # share of its subjects that are known to have been moved
    "visits",  # visits to the place of its subject over the most of any place
    "fine",  # 1 if it needs full fidelity
    "keys",  # subjects / 4
    "since",  # 1 if it needs the first sighting
    *(f"kind_{kind}" for kind in QUESTION_KINDS),  # one-hot; none where the kind is another
)
"""What is noted of a question once it was asked."""

CONTEXT_FEATURES: Final = (
    "fill_bytes",  # share of the byte budget in use
    "fill_slots",  # share of the slots in use; 0 where there is no limit
    "candidate_bytes",  # the candidate's bytes over the budget
    "waiting",  # operations since this candidate arrived / 4
    "arrivals",  # log(1 + candidates so far) / 6
    "last_outcome",  # mean outcome of the questions since the last candidate
    "success",  # running mean of the outcomes
    "asked",  # log(1 + questions so far) / 4
    "known",  # share of what was seen so far, as it is now, that is held
    *(f"fast_{name}" for name in DESCRIPTORS),  # running means of the questions' descriptors
    *(f"slow_{name}" for name in DESCRIPTORS),
)
FAST: Final = 0.3
SLOW: Final = 0.08
"""Weight of the newest question in the two running means; the success uses SLOW."""
OFTEN: Final = 5.0
NEAR: Final = 0.1
"""Share of the time so far that counts as near."""


def nearness(share: Float32Array) -> Float32Array:
    """Returns 1 at a share of the time so far of 0, one half at `NEAR`, and less beyond."""
    return np.asarray(1 / (1 + (share / np.float32(NEAR)) ** 2), np.float32)
