"""Games of hidden rules for tests."""

import numpy as np

from embodied_mem_envs.tasks.episode import Ask, Judgement
from embodied_mem_envs.tasks.hidden_rule.calls import Call, Outcome
from embodied_mem_envs.tasks.hidden_rule.episode import HiddenRuleEpisode
from embodied_mem_envs.tasks.hidden_rule.game import Game


def any_call(game: Game, rng: np.random.Generator) -> Call:
    """Draws a call that is possible now."""
    rooms = game.rooms
    calls = [
        Call(tool="rest"),
        Call(tool="look"),
        *(Call(tool="move", target=name) for name in rooms.names),
        *(Call(tool="activate", target=kind) for kind in rooms.kinds),
    ]
    possible = [call for call in calls if game.world.possible(call)]
    return possible[int(rng.integers(len(possible)))]


def wander(game: Game, calls: int, seed: int = 0) -> list[Outcome]:
    """Makes random calls, and returns all that was sensed, the start too."""
    rng = np.random.default_rng(seed)
    return [game.outcome, *(game.do(any_call(game, rng)) for _ in range(calls))]


def live(episode: HiddenRuleEpisode, agent: object) -> list[tuple[Ask, str, Judgement]]:
    """Lets an agent live through an episode, and returns asks, replies and judgements."""
    log: list[tuple[Ask, str, Judgement]] = []
    while (happening := episode.next()) is not None:
        if isinstance(happening, Ask):
            reply = agent.reply(happening, None)  # type: ignore[attr-defined]
            log.append((happening, reply.text, episode.submit(reply)))
        else:
            agent.hear(happening)  # type: ignore[attr-defined]
    return log
