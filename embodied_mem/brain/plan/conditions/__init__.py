"""Conditions: what must hold before, while and after a step, as text that is never executed."""

from embodied_mem.brain.plan.conditions.condition import Condition, parse_condition
from embodied_mem.brain.plan.conditions.reference import condition_reference

__all__ = ["Condition", "condition_reference", "parse_condition"]
