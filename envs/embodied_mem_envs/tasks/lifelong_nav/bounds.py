"""What nobody can beat, and what chance gives: replies that know the truth, and blind ones."""

import numpy as np

from embodied_mem_envs.tasks.bounds import drive
from embodied_mem_envs.tasks.episode import Ask, Reply
from embodied_mem_envs.tasks.lifelong_nav.episode import LifelongNav


def oracle_reply(episode: LifelongNav, ask: Ask) -> Reply:
    """Walks the shortest way to the nearest viewpoint of the goal that is asked for."""
    drive(episode.world, np.flatnonzero(episode.to_goal == 0.0).tolist())
    return Reply(text=ask.text)


def random_reply(episode: LifelongNav, ask: Ask, rng: np.random.Generator) -> Reply:
    """Walks to any place of the floor and stops there; right with the probability `chance`.

    The ways are the true ones, so that nothing but the choice of the place is left to chance.
    """
    places = np.flatnonzero(episode.world.reachable)
    drive(episode.world, [int(places[int(rng.integers(len(places)))])])
    return Reply(text=ask.text)


def chance(episode: LifelongNav) -> float:
    """Returns the share of the floor that is right for the goal that is asked for."""
    return episode.chance
