"""Definitions of metrics of answers, orders and whole episodes."""

from embodied_mem_envs.evaluation.metrics.definition import Metric

_OPENEQA = 'Majumdar et al. 2024, "OpenEQA"'
_OWN = "this project"

ANSWERS = (
    Metric(
        name="answer_accuracy",
        version=1,
        unit="share",
        better="more",
        formula="1 where the answer is right by exact ground truth, else 0; no model judges",
        source=f"{_OPENEQA}, with ground truth in the place of LLM-Match",
        failed=0.0,
    ),
    Metric(
        name="answer_spl",
        version=1,
        unit="share",
        better="more",
        formula=(
            "answer_accuracy times l / max(p, l); l is the shortest walkable way in metres to "
            "where the answer shows, p the way walked before answering"
        ),
        source=f'{_OPENEQA}, efficiency in A-EQA; Yang et al. 2025, "3D-Mem" (2411.17735), A-EQA',
        failed=0.0,
    ),
    Metric(
        name="right",
        version=1,
        unit="share",
        better="more",
        formula="asks of an episode that were judged right, over all its asks",
        source=_OWN,
        over_asks="episode",
        failed=0.0,
    ),
    Metric(
        name="progress",
        version=1,
        unit="share",
        better="more",
        formula="how much of the episode was done right, from 0 to 1, as the task defines it",
        source='Zhang et al. 2025, "VideoGameBench" (2505.18134), checkpoints passed over all',
        over_asks="episode",
        failed=0.0,
    ),
    Metric(
        name="recall_at_k",
        version=1,
        unit="share",
        better="more",
        formula="relevant candidates among the first k over all relevant ones; k is the ask's",
        source='Manning et al. 2008, "Introduction to Information Retrieval", chapter 8',
        failed=0.0,
    ),
    Metric(
        name="ndcg_at_k",
        version=1,
        unit="share",
        better="more",
        formula=(
            "sum of gain / log2(rank + 1) over the first k candidates, over the same sum of the "
            "best order; gains as they are"
        ),
        source='Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques"',
        failed=0.0,
    ),
    Metric(
        name="mrr",
        version=1,
        unit="share",
        better="more",
        formula="one over the rank of the first relevant candidate, 0 without one; mean over asks",
        source='Voorhees 1999, "The TREC-8 Question Answering Track Report"',
        failed=0.0,
    ),
    Metric(
        name="leaks",
        version=1,
        unit="count",
        better="less",
        formula="private facts that were told to somebody who must not hear them",
        source=_OWN,
        over_asks="sum",
    ),
    Metric(
        name="false_claim",
        version=1,
        unit="share",
        better="less",
        formula=(
            "1 where something is claimed for certain that is not there or was not seen, else 0"
        ),
        source=_OWN,
    ),
    Metric(
        name="contradictions",
        version=1,
        unit="share",
        better="less",
        formula=("1 where an ask about now is answered by what held before, else 0"),
        source=_OWN,
    ),
    Metric(
        name="chance",
        version=1,
        unit="share",
        better="neither",
        formula=(
            "how often a blind reply is right: a random choice among the options, or a stop "
            "anywhere on the floor that the body can reach"
        ),
        source=_OWN,
    ),
)
"""Definitions of metrics of answers, orders and whole episodes."""
