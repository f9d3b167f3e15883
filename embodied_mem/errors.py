"""Every error that the project raises on purpose, one class a seam.

A message says what was wrong, what was expected, and what to do.
"""

import difflib
from collections.abc import Iterable


class EmbodiedMemError(Exception):
    """Base of all errors raised on purpose by embodied_mem."""


class ObservationError(EmbodiedMemError):
    """An observation has the wrong shape, type or content."""


class RecordingError(EmbodiedMemError):
    """A recording on disk cannot be read as a whole."""


class MemoryFileError(EmbodiedMemError):
    """A memory file is missing, damaged or of another version."""


class StoreError(EmbodiedMemError):
    """An operation on a memory store is not valid."""


class BudgetError(StoreError):
    """What is to be stored does not fit into the byte budget, even at the lowest fidelity."""


class StoreFullError(StoreError):
    """The disk is full or cannot be written to; nothing that was acknowledged is lost."""


class DamagedRecordError(StoreError):
    """A record's bytes do not match their checksum; `verify` names it, `repair` drops it."""


class FeedbackError(EmbodiedMemError):
    """Feedback names a query or a record that it cannot be about."""


class HouseError(EmbodiedMemError):
    """A house cannot be generated or changed as asked."""


class ConfigError(EmbodiedMemError):
    """A setting is out of its range or names something unknown."""


class BodyError(EmbodiedMemError):
    """A body was used before it was connected, or could not be reached."""


class CommandRefused(BodyError):
    """A safety gate did not take a command, and what was asked for before has ended too."""


class TrajectoryRefused(BodyError):
    """A safety gate did not take a trajectory; nothing of it was sent."""

    def __init__(
        self, message: str, *, point: int | None = None, joint: str = "", limit: float | None = None
    ) -> None:
        super().__init__(message)
        self.point = point
        """Which point is wrong, counted from 0; None where it is the whole."""
        self.joint = joint
        """Whose position is wrong; empty where it is no single joint."""
        self.limit = limit
        """The limit that is violated, in rad, rad/s, rad/s^2 or s; None where it is none."""


class EvaluationError(EmbodiedMemError):
    """An evaluation could not be carried out."""


class ClusterError(EmbodiedMemError):
    """Work was lost on a cluster more often than it is begun again."""


class PlanError(EmbodiedMemError):
    """A plan cannot be carried out as it is written, or no plan could be made."""

    def __init__(self, message: str, *, node: str = "") -> None:
        super().__init__(message)
        self.node = node
        """Id of the node of the plan that is wrong, empty where no single node is."""


class ConditionError(EmbodiedMemError):
    """The text of a condition does not follow its grammar."""

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position
        """Where in the text, counted from 0; the length of the text where its end is wrong."""


class WorkingMemoryError(EmbodiedMemError):
    """An edit of a working memory is not valid, or what is pinned does not fit under its cap."""


class HandleGoneError(WorkingMemoryError):
    """What a handle stood for was deleted or let go."""


class ModelError(EmbodiedMemError):
    """A model could not be reached, took too long, or gave no answer."""


class InstructionError(EmbodiedMemError):
    """A text is no instruction that is understood; the message says what would be."""


class ModelTimeout(ModelError):
    """A model did not answer within the time it was given."""


class MalformedOutputError(ModelError):
    """A model wrote, after repair and retries, still nothing that follows the schema."""


class MissingWeightsError(EmbodiedMemError):
    """A model's weights are not on this machine; the message has the command that fetches them."""


class ContractError(EmbodiedMemError):
    """A part does not keep to the contract of its seam; the message says where and how."""


class MissingExtraError(EmbodiedMemError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs an extra: pip install "embodied_mem[{extra}]"')


def unknown_name(what: str, name: str, known: Iterable[str]) -> ConfigError:
    """Builds the error for a name that no registry holds, with the nearest known name.

    >>> str(unknown_name("segmenter", "geometrik", ["geometric", "instance"]))
    "no segmenter is called 'geometrik'; did you mean 'geometric'? Known: geometric, instance"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return ConfigError(f"no {what} is called {name!r}{hint} Known: {', '.join(names)}")
