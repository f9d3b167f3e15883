"""Label expansion as an `Episode`: asked for every crop whether and where it is kept."""

from typing import final

import msgspec
import numpy as np

from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, Reply
from embodied_mem_envs.tasks.label_expansion.game import ExpansionConfig, ExpansionGame


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a crop, the text of an ask as JSON."""

    step: int
    label: tuple[str, ...]
    """Coarse first, as far as it is told."""
    slots: int
    """Of the buffer."""


@final
class LabelExpansionEpisode(AskingEpisode):
    """Asks of the kind `keep`, with the crop as their image.

    The choice 0 leaves the crop, the choice i + 1 puts it into slot i of the buffer. An empty reply
    leaves it. Who answers keeps count of what is in the slots: nobody else changes them.
    """

    def __init__(self, seed: int, config: ExpansionConfig | None = None) -> None:
        """Draws the episode.

        Raises:
            ConfigError: If a value of the config is out of its range.
            HouseError: If the houses hold too few kinds of things.
        """
        super().__init__("label_expansion", seed)
        self.game = ExpansionGame(seed, config)
        slots = (f"slot {index}" for index in range(self.game.config.slots))
        self._options = ("leave it", *slots)

    @property
    def asks(self) -> int:
        """As many as the stream is long."""
        return self.game.config.steps

    @property
    def body(self) -> None:
        """None: there is nothing to move."""
        return None

    @property
    def progress(self) -> float:
        """See `ExpansionGame.progress`."""
        return self.game.progress

    def _advance(self) -> Happening | None:
        shown = self.game.shown
        if shown is None:
            return None
        told = Told(step=self.game.step, label=shown.label, slots=self.game.config.slots)
        return Ask(
            number=self.game.step,
            kind="keep",
            text=msgspec.json.encode(told).decode(),
            form="words",
            image=np.array(self.game.material.stream.pictures[shown.crop]),
            options=self._options,
        )

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        choice = reply.choice or 0
        valid = 0 <= choice <= self.game.config.slots
        accuracy = self.game.keep(choice - 1 if valid and choice > 0 else None)
        reason = "as chosen" if valid else f"there is no option {choice}"
        if accuracy is None:
            return Judgement(right=valid, progress=float(valid), reason=reason)
        values = {"coarse_accuracy": accuracy.coarse, "fine_accuracy": accuracy.fine}
        if self.game.shown is None:
            values |= {f"final_{name}": value for name, value in values.items()}
        return Judgement(right=valid, progress=float(valid), reason=reason, values=values)
