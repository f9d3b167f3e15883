"""Definitions of metrics of going somewhere."""

from embodied_mem_envs.evaluation.metrics.definition import Metric

_ANDERSON = 'Anderson et al. 2018, "On Evaluation of Embodied Navigation Agents" (1807.06757)'
_OWN = "this project"

WAYS = (
    Metric(
        name="success",
        version=1,
        unit="share",
        better="more",
        formula=(
            "1 where the ask was fulfilled by the ground truth, else 0. For a place to go to: the "
            "body said that it is done and stood within the task's radius (1.0 m unless the task "
            "states another) of the task's reference; for lifelong_nav the nearest place, on "
            "foot, from which the goal shows"
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
        source=f"{_ANDERSON}, equation of SPL",
        failed=0.0,
    ),
    Metric(
        name="soft_spl",
        version=1,
        unit="share",
        better="more",
        formula=(
            "share of the way that was covered, max(0, 1 - d / l), times l / max(p, l); d is the "
            "shortest walkable way in metres that was left at the end, l and p as for spl"
        ),
        source=(
            'Datta et al. 2020, "Integrating Egocentric Localization for More Realistic Point-Goal '
            'Navigation Agents" (2009.03231), SoftSPL'
        ),
        failed=0.0,
    ),
    Metric(
        name="coverage",
        version=1,
        unit="share",
        better="more",
        formula="walkable floor that was seen, over all walkable floor that can be reached",
        source='Chaplot et al. 2020, "Learning to Explore using Active Neural SLAM", % Cov',
        failed=0.0,
    ),
)
"""Definitions of metrics of going somewhere."""
