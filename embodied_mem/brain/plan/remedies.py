"""What each level of the ladder does to a compiled plan."""

from collections.abc import Callable
from typing import Any, final

import msgspec
import numpy as np
from py_trees.behaviour import Behaviour

from embodied_mem.brain.plan.arguments import check_arguments, fill, perturb
from embodied_mem.brain.plan.life import Conditions, Notice
from embodied_mem.brain.plan.nodes import Attempt, Leaf, TaskNode, path_to
from embodied_mem.brain.plan.recovery import earlier_node, latest_that_holds
from embodied_mem.brain.plan.schema import Anomaly, Handler, Step
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.brain.state import State
from embodied_mem.errors import ConditionError, PlanError

Recall = Callable[[Step, Anomaly, State], Step | None]
"""Asks memory for a step that helped before in the place of one that fails."""


def planned(step: Step, library: SkillLibrary, conditions: Conditions) -> Attempt:
    """Returns how a step is tried at first.

    Raises:
        PlanError: If the arguments do not fit the skill.
    """
    spec = library[step.skill]
    check_arguments(step, spec)
    return Attempt(spec, fill(step, spec), conditions)


@final
class Remedies:
    """Retries, goes back, takes other skills, and asks memory; tells in words what it did.

    Each answers None where it has nothing to offer, so that the next handler is tried.
    """

    def __init__(
        self, library: SkillLibrary, rng: np.random.Generator, recall: Recall | None
    ) -> None:
        self._library, self._rng, self._recall = library, rng, recall
        self.jump: Behaviour | None = None
        """Where the plan is to go on, set by a level that leaves the step."""

    def retry(self, leaf: Leaf) -> str | None:
        """Tries a step again with perturbed arguments, or a task from its start."""
        if not isinstance(leaf.node, Step):
            self.jump = leaf.parent.children[0] if isinstance(leaf.parent, TaskNode) else None
            return f"carried out {leaf.node.id!r} again, but for what holds already"
        plain = planned(leaf.node, self._library, leaf.conditions)
        before = leaf.attempt or plain
        # Around the first values, lest several retries wander off.
        start = plain.arguments if before.spec is plain.spec else before.arguments
        arguments = perturb(start, before.spec, self._rng)
        attempt = Attempt(before.spec, arguments, before.conditions)
        leaf.retry(attempt)
        return f"tried {attempt} again"

    def backtrack(self, leaf: Leaf, handler: Handler, state: State) -> str | None:
        """Goes back to the node that the handler names, or to the latest that holds."""
        root = path_to(leaf)[0]
        target: Behaviour | None
        if handler.to:
            target = earlier_node(root, leaf, handler.to)
        else:
            target = latest_that_holds(root, leaf, state)
        if target is None:
            return None
        self.jump = target
        return f"went back to {target.name!r}"

    def alternative(self, leaf: Leaf, senses: Any) -> str | None:
        """Tries another skill that the skill's description names, where one can be carried out."""
        if not isinstance(leaf.node, Step):
            return None
        for name in self._library[leaf.node.skill].instead:
            attempt = None if name in leaf.tried else self._with_skill(leaf, leaf.node, name)
            leaf.tried.add(name)
            if attempt is None:
                continue
            if attempt.spec.make(attempt.arguments).can_execute(senses) > 0.0:
                leaf.retry(attempt)
                return f"tried {attempt} instead"
        return None

    def recall(self, leaf: Leaf, notice: Notice, state: State) -> str | None:
        """Tries the step that memory knows to have helped."""
        if self._recall is None or not isinstance(leaf.node, Step):
            return None
        step = self._recall(leaf.node, notice.anomaly, state)
        if step is None or step.skill not in self._library:
            return None
        # What the plan promised must hold whichever step does it.
        step = msgspec.structs.replace(step, id=leaf.node.id, post=step.post or leaf.node.post)
        try:
            attempt = planned(step, self._library, Conditions.of(step))
        except (PlanError, ConditionError):
            return None
        leaf.retry(attempt)
        return f"tried {attempt}, which helped before"

    def _with_skill(self, leaf: Leaf, step: Step, name: str) -> Attempt | None:
        """Returns an attempt with another skill; None where it does not take the arguments."""
        spec = self._library.get(name)
        if spec is None:
            return None
        args = {key: value for key, value in step.args.items() if key in spec.parameters}
        other = msgspec.structs.replace(step, skill=name, args=args)
        try:
            return planned(other, self._library, leaf.conditions)
        except PlanError:
            return None
