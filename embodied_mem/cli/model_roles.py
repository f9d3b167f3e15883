"""The models that a command line names: one for all that is to be thought, or one a role."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, final

import msgspec

from embodied_mem.errors import ConfigError

if TYPE_CHECKING:
    from embodied_mem.brain.asking import Asked
    from embodied_mem.brain.language.answers import Answer
    from embodied_mem.brain.language.reply import Status
    from embodied_mem.memory import MemoryStore
    from embodied_mem.models.pictures import PictureSource
    from embodied_mem.models.roles import Roles


def open_roles(
    model: str, caller: str = "", summariser: str = "", *, pictures: "PictureSource | None" = None
) -> "Roles | None":
    """Opens the clients of the three roles; None where no model is named.

    Args:
        model: Address of the planner, and of the roles that have none of their own; see
            `open_model_client`.
        caller: Address of what writes calls.
        summariser: Address of what concludes.
        pictures: Gives the pictures behind the handles of messages.

    Raises:
        ConfigError: If an address is none, or a role is named without a model.
        ModelError: If a server does not answer.
        MissingExtraError: If the extra `models` is not installed.
        MissingWeightsError: If a local model is not there.
    """
    if not model:
        if caller or summariser:
            raise ConfigError("--caller and --summariser go with --model, which names the planner")
        return None
    from embodied_mem.models.pictures import no_pictures
    from embodied_mem.models.registry import open_model_client
    from embodied_mem.models.roles import Roles

    addresses = (model, caller or model, summariser or model)
    source = pictures or no_pictures
    opened = {
        address: open_model_client(address, pictures=source) for address in dict.fromkeys(addresses)
    }
    planner, caller_, summariser_ = (opened[address] for address in addresses)
    return Roles(planner=planner, caller=caller_, summariser=summariser_)


@final
class Thinkers:
    """The models that a command line names, opened before anything else is done.

    Args:
        model: See `open_roles`; no models where it is empty.
        caller: See there.
        summariser: See there.

    Raises:
        ConfigError: As `open_roles` does, and all its other errors.
    """

    def __init__(self, model: str, caller: str = "", summariser: str = "") -> None:
        self._memory: MemoryStore | None = None
        self.roles = open_roles(model, caller, summariser, pictures=self._picture)

    def answers(
        self, memory: "MemoryStore", questions: Sequence[str]
    ) -> tuple[list["Answer"], dict[str, float]]:
        """Asks the models what is asked of a memory.

        Returns:
            The answers in the form that pictures and reports take, and what they cost: calls,
            tokens and seconds by role.
        """
        from embodied_mem.brain.asking import ModelAnswerer

        assert self.roles is not None
        self._memory = memory
        answerer, answers, costs = ModelAnswerer(memory, self.roles), [], dict[str, float]()
        for question in questions:
            asked = answerer.answer(question)
            answers.append(_as_answer(asked))
            for part, spent in asked.usage.items():
                for name, value in asdict(spent).items():
                    costs[f"{part}_{name}"] = costs.get(f"{part}_{name}", 0.0) + value
        return answers, costs

    def _picture(self, handle: str) -> bytes:
        from embodied_mem.brain.asking import store_pictures

        assert self._memory is not None
        return store_pictures(self._memory)(handle)


def _as_answer(asked: "Asked") -> "Answer":
    from embodied_mem.brain.language.answers import Answer

    statuses: dict[str, Status] = {"answered": "answered", "unknown": "unseen"}
    return Answer(
        question=asked.question,
        kind="free",
        status=statuses.get(asked.status, "not_understood"),
        text=asked.text,
        value=msgspec.to_builtins(asked.citations) or None,
        objects=tuple(dict.fromkeys(each.object for each in asked.pictures)),
        citations=asked.pictures,
    )
