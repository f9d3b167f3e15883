"""What an executor asks of the cortex when nothing cheaper helps: another way to one subgoal."""

import msgspec

from embodied_mem.brain.plan.schema import Anomaly, Step, Task


class ReplanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for a task that takes the place of one that cannot be carried out as planned."""

    task: Task
    """The part of the plan that the answer replaces; its `goal` is what must be reached."""
    node: str
    """Id of the step or task that noticed the anomaly."""
    step: Step | None = None
    """The step that failed; None where the conditions of a task did."""
    anomaly: Anomaly
    detail: str = ""
    """What was noticed, in words."""
    goals: tuple[str, ...] = ()
    """Goals of the tasks around it, from the root down, `task` last."""
    done: tuple[str, ...] = ()
    """Ids of the steps that are done, in the order in which they were."""
    number: int = 1
    """The how manieth request of this run it is."""
