"""Every metric of the task suite: one table, one definition a name."""

from collections.abc import Mapping

from embodied_mem_envs.evaluation.metrics.definition import Metric

_ANDERSON = 'Anderson et al. 2018, "On Evaluation of Embodied Navigation Agents", section 3'
_OPENEQA = 'Majumdar et al. 2024, "OpenEQA", section 4'
_OWN = "this project"

_ALL = (
    Metric(
        name="success",
        version=1,
        unit="share",
        better="more",
        formula=(
            "1 where the ask was fulfilled by the ground truth, else 0. For a place to go to: the "
            "body said that it is done and stood within the task's radius (1.0 m unless the task "
            "states another) of the task's reference"
        ),
        source=_ANDERSON,
        failed=0.0,
    ),
    Metric(
        name="spl",
        version=1,
        unit="share",
        better="more",
        formula=(
            "success times l / max(p, l); l is the shortest walkable way in metres from where the "
            "body stood when it was asked to the nearest place that succeeds, p the way it took; "
            "1 x success where both are 0"
        ),
        source=f"{_ANDERSON}, equation 1",
        failed=0.0,
    ),
    Metric(
        name="soft_spl",
        version=1,
        unit="share",
        better="more",
        formula=(
            "max(0, 1 - d / l) times l / max(p, l); d is the shortest walkable way in metres that "
            "was left at the end, l and p as for spl"
        ),
        source=(
            'Datta et al. 2020, "Integrating Egocentric Localization for More Realistic Point-Goal '
            'Navigation Agents", section 5'
        ),
        failed=0.0,
    ),
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
        source=f'{_OPENEQA}.2 (A-EQA efficiency); Yang et al. 2025, "3D-Mem", section 4.1',
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
        source='Zhang et al. 2025, "VideoGameBench", section 4 (checkpoints passed over all)',
        over_asks="episode",
        failed=0.0,
    ),
    Metric(
        name="coverage",
        version=1,
        unit="share",
        better="more",
        formula="walkable floor that was seen, over all walkable floor that can be reached",
        source='Chaplot et al. 2020, "Active Neural SLAM", section 5 (% Cov)',
        failed=0.0,
    ),
    Metric(
        name="recall_at_k",
        version=1,
        unit="share",
        better="more",
        formula="relevant candidates among the first k over all relevant ones; k is the ask's",
        source='Manning et al. 2008, "Introduction to Information Retrieval", section 8.4',
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
        source="Järvelin and Kekäläinen 2002, section 2.2",
        failed=0.0,
    ),
    Metric(
        name="mrr",
        version=1,
        unit="share",
        better="more",
        formula="one over the rank of the first relevant candidate, 0 without one; mean over asks",
        source='Voorhees 1999, "The TREC-8 Question Answering Track Report", section 3',
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
        name="memory_bytes",
        version=1,
        unit="bytes",
        better="less",
        formula="apparent sizes of all files of the agent's memory at the end of the episode",
        source='Yang et al. 2025, "3D-Mem", section 4.4 counts pictures; bytes count everything',
        over_asks="episode",
    ),
    Metric(
        name="model_calls",
        version=1,
        unit="count",
        better="less",
        formula="calls of a model in the whole episode",
        source=_OWN,
        over_asks="sum",
    ),
    Metric(
        name="tokens",
        version=1,
        unit="count",
        better="less",
        formula="tokens that models read and wrote in the whole episode",
        source=_OWN,
        over_asks="sum",
    ),
    Metric(
        name="path_metres",
        version=1,
        unit="m",
        better="less",
        formula="way of the body for an ask",
        source=_OWN,
    ),
    Metric(
        name="shortest_metres",
        version=1,
        unit="m",
        better="neither",
        formula="shortest walkable way for an ask, from where the body stood; depends on where "
        "it stopped before",
        source=_OWN,
    ),
    Metric(
        name="cpu_s",
        version=1,
        unit="s",
        better="less",
        formula="CPU seconds of the whole process tree for the episode, simulator and judgement "
        "included",
        source=_OWN,
        over_asks="episode",
        reproducible=False,
    ),
    Metric(
        name="latency_s",
        version=1,
        unit="s",
        better="less",
        formula="CPU seconds of the whole process tree from an ask to its reply, mean over asks; "
        "the simulator's are in it where the body moves",
        source=_OWN,
        over_asks="episode",
        reproducible=False,
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""All metrics by name."""
