"""Definitions of metrics of what is found out: hidden rules, and labels that grow finer."""

from typing import Final

from embodied_mem_envs.evaluation.metrics.definition import Metric

_OWN: Final = "this project"
_ULTRA: Final = 'Luo et al. 2025, "UltraHorizon" (2509.21766)'
_LABELS: Final = (
    'Lee et al. 2023, "Online Continual Learning on Hierarchical Label Expansion" (2308.14374)'
)


def _count(name: str, formula: str, source: str = _ULTRA) -> Metric:
    return Metric(
        name=name,
        version=1,
        unit="count",
        better="less",
        formula=formula,
        source=source,
        over_asks="sum",
    )


def _accuracy(name: str, formula: str) -> Metric:
    return Metric(
        name=name,
        version=1,
        unit="share",
        better="more",
        formula=f"{formula}; by the nearest crop in the buffer; each category counts alike",
        source=f"{_LABELS}, with a nearest neighbour in the place of a network",
        failed=0.0,
    )


LEARNING: Final = (
    Metric(
        name="rule_score",
        version=1,
        unit="share",
        better="more",
        formula=(
            "Cohen's kappa of the told and the hidden rule as raters of every case of the trigger "
            "by its effect, over all values of the variables that either looks at; at least 0"
        ),
        source='Cohen 1960, "A Coefficient of Agreement for Nominal Scales"',
        failed=0.0,
    ),
    Metric(
        name="action_entropy",
        version=1,
        unit="share",
        better="neither",
        formula=(
            "entropy of the calls in windows of 50 over ln 50, mean over all whole windows of an "
            "episode"
        ),
        source=f"{_ULTRA}, in-context locking",
    ),
    Metric(
        name="locking",
        version=1,
        unit="share",
        better="less",
        formula="1 - entropy of the last window of 50 calls over that of the first, at least 0",
        source=f"{_ULTRA}, in-context locking",
    ),
    _count("calls", "calls that were made before the rules were asked for", _OWN),
    _count("invalid_calls", "calls that were not possible"),
    _count(
        "repeated_calls",
        "calls that were the same as the two before, with nothing changed by them but the step",
    ),
    _count("unused_steps", "steps that were left when the robot submitted"),
    _count("malformed_rules", "answers that are no rule of the grammar"),
    _count(
        "contradicted_rules",
        "answers against which a case speaks that happened in the episode",
    ),
    _accuracy(
        "coarse_accuracy",
        "share of right coarsest labels of crops from other houses, mean over the checkpoints",
    ),
    _accuracy(
        "fine_accuracy",
        "share of right finest labels of crops from other houses, of those categories whose "
        "finest label was told by then, 0 where there is none, mean over the checkpoints",
    ),
    _accuracy("final_coarse_accuracy", "coarse_accuracy at the last checkpoint"),
    _accuracy("final_fine_accuracy", "fine_accuracy at the last checkpoint"),
)
