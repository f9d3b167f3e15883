"""Every metric of the task suite: one table, one definition a name."""

from collections.abc import Mapping
from typing import Final

from embodied_mem_envs.evaluation.metrics.defined_for_answers import ANSWERS
from embodied_mem_envs.evaluation.metrics.defined_for_costs import COSTS
from embodied_mem_envs.evaluation.metrics.defined_for_learning import LEARNING
from embodied_mem_envs.evaluation.metrics.defined_for_ways import WAYS
from embodied_mem_envs.evaluation.metrics.definition import Metric

METRICS: Final[Mapping[str, Metric]] = {m.name: m for m in (*WAYS, *ANSWERS, *LEARNING, *COSTS)}
"""All metrics by name."""

_OF_GROUPS: Final = {"success_": "success"}
"""Metrics whose value over a group of asks has the group's name behind theirs."""
_OF_KINDS: Final = {
    "_accuracy": "answer_accuracy",
    "_chance": "chance",
    "_recall_at_k": "recall_at_k",
    "_ndcg_at_k": "ndcg_at_k",
    "_mrr": "mrr",
}
"""Metrics whose value over a kind of ask, or by another way to rank, has that name before theirs.
"""


def definition_of(name: str) -> Metric | None:
    """Returns the definition of a metric, also where it is over some asks only.

    >>> found = definition_of("success_moved")
    >>> found.name if found else None
    'success'
    """
    if name in METRICS:
        return METRICS[name]
    for before, whole in _OF_GROUPS.items():
        if name.startswith(before):
            return METRICS[whole]
    for behind, whole in _OF_KINDS.items():
        if name.endswith(behind):
            return METRICS[whole]
    return None
