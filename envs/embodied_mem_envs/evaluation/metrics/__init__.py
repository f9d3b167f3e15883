"""Metrics with versioned definitions, each with its source; `METRICS` lists them."""

from embodied_mem_envs.evaluation.metrics.definition import Metric
from embodied_mem_envs.evaluation.metrics.paths import (
    SUCCESS_RADIUS,
    answer_spl,
    path_efficiency,
    soft_spl,
    spl,
    success,
)
from embodied_mem_envs.evaluation.metrics.ranking import (
    mrr,
    ndcg_at_k,
    recall_at_k,
    reciprocal_rank,
)
from embodied_mem_envs.evaluation.metrics.table import METRICS, definition_of

__all__ = [
    "METRICS",
    "SUCCESS_RADIUS",
    "Metric",
    "answer_spl",
    "definition_of",
    "mrr",
    "ndcg_at_k",
    "path_efficiency",
    "recall_at_k",
    "reciprocal_rank",
    "soft_spl",
    "spl",
    "success",
]
