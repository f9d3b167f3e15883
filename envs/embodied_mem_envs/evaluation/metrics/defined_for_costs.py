"""Definitions of metrics of what an agent takes."""

from embodied_mem_envs.evaluation.metrics.definition import Metric

_OWN = "this project"

COSTS = (
    Metric(
        name="memory_bytes",
        version=1,
        unit="bytes",
        better="less",
        formula="apparent sizes of all files of the agent's memory at the end of the episode",
        source='Yang et al. 2025, "3D-Mem", count pictures; bytes count everything',
        over_asks="episode",
    ),
    Metric(
        name="snapshot_bytes",
        version=1,
        unit="bytes",
        better="less",
        formula="only the pictures that an agent keeps to show to a model, as files",
        source='Yang et al. 2025, "3D-Mem", count these pictures',
        over_asks="episode",
    ),
    Metric(
        name="raw_frame_bytes",
        version=1,
        unit="bytes",
        better="less",
        formula="all pictures that an agent keeps, uncompressed, as its original holds them",
        source=_OWN,
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
        name="distance_metres",
        version=1,
        unit="m",
        better="less",
        formula=(
            "shortest walkable way in metres that was left when the body said that it is done"
        ),
        source=_OWN,
    ),
    Metric(
        name="ticks",
        version=1,
        unit="ticks",
        better="less",
        formula=("ticks that the body acted for an ask"),
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
"""Definitions of metrics of what an agent takes."""
