"""Checks a body: what it says of itself, what it senses, what it does, and in which frames."""

from dataclasses import fields, replace
from math import inf, nan

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.perception.frame import make_frame
from embodied_mem.robots.body import Body
from embodied_mem.testing.expect import expect, expect_error
from embodied_mem.types import Command, Float64Array, Observation

_TURN = 0.3
"""Turned for the check of the frames, rad."""
_AGREE = 0.05
"""Two views of one surface may differ by this share of its depth."""
_LEAST_OVERLAP = 200


def check_body(body: Body) -> None:
    """Checks that a brain can drive a body; it is connected, moved a little and closed.

    For a mobile body at rest with room to turn round; something with depth must be in sight.

    Raises:
        ContractError: If anything is not as `embodied_mem.robots.Body` has it.
    """
    expect(isinstance(body, Body), "the body lacks a member of embodied_mem.robots.Body")
    _check_description(body)
    expect_error(BodyError, body.observe, "observe() before connect() must raise BodyError")
    body.connect()
    try:
        first = body.observe()
        _check_observation(body, first)
        _check_commands(body)
        _check_motion(body)
        _check_frames(body)
    finally:
        body.close()
        body.close()  # must be safe to call twice
    expect_error(BodyError, body.observe, "observe() after close() must raise BodyError")


def _check_description(body: Body) -> None:
    """What it says of itself must be there before it is connected."""
    expect(0.0 < body.radius < 5.0, f"radius is {body.radius} m; expected more than 0, below 5")
    seconds = body.seconds_per_tick
    expect(0.0 < seconds <= 10.0, f"seconds_per_tick is {seconds}; expected more than 0, up to 10")
    known = {field.name for field in fields(Command)}
    unknown = sorted(set(body.action_features) - known)
    expect(not unknown, f"action_features names {unknown}; Command has only {sorted(known)}")
    for name in ("rgb", "depth"):
        expect(name in body.observation_features, f"observation_features lacks {name!r}")


def _check_observation(body: Body, seen: Observation) -> None:
    """Arrays must be as described; `Observation` itself has checked shapes and types."""
    for name, array in (("rgb", seen.rgb), ("depth", seen.depth), ("instance", seen.instance)):
        feature = body.observation_features.get(name)
        if feature is None:
            expect(array is None, f"observations hold {name}, observation_features does not")
            continue
        assert array is not None or name == "instance"
        got = None if array is None else (array.shape, str(array.dtype))
        wanted = (feature.shape, feature.dtype)
        expect(got == wanted, f"{name} is {got}; observation_features says {wanted}")
    for name, pose in (("camera", seen.T_world_camera), ("body", seen.T_world_body)):
        expect(_is_rigid(pose), f"T_world_{name} is no rotation with a translation:\n{pose}")
    finite = seen.depth[np.isfinite(seen.depth)]
    expect(bool((finite >= 0.0).all()), "depth holds negative values; invalid pixels are 0")
    expect(bool((finite > 0.0).any()), "no pixel has a depth; is there nothing in sight?")
    shown = set() if seen.instance is None else set(np.unique(seen.instance).tolist()) - {0}
    missing = sorted(shown - set(seen.labels))
    expect(not missing or not seen.labels, f"instances {missing} are shown and have no label")
    up = seen.T_world_body[2, 2]
    expect(
        abs(up - 1.0) < 0.1, f"the body's z axis points {up:.2f} upwards; world and body are z up"
    )


def _check_commands(body: Body) -> None:
    """A body keeps to its own limits, refuses what is not finite, and counts its ticks."""
    for value in (nan, inf):
        expect_error(
            BodyError,
            lambda value=value: body.act(Command(turn=value)),  # type: ignore[misc]
            f"act(Command(turn={value})) must raise BodyError",
        )
    for name, feature in body.action_features.items():
        if feature.shape != () or name == "gripper" or feature.high is None or feature.low is None:
            continue
        for asked in (4.0 * feature.high, 4.0 * feature.low):
            sent = getattr(body.act(replace(Command(), **{name: asked})), name)  # type: ignore[arg-type]
            inside = feature.low - 1e-9 <= sent <= feature.high + 1e-9
            limits = f"{feature.low} to {feature.high}"
            expect(inside, f"asked for {name}={asked} it returned {sent}; its limits are {limits}")
    before = body.observe().tick
    body.act(Command())
    expect(body.observe().tick > before, "tick must grow from one act() to the next")


def _check_motion(body: Body) -> None:
    """Positive turns are to the left; a command of nothing leaves it where it is."""
    if "turn" not in body.action_features:
        return
    start = _settled(body)
    body.act(Command())
    expect(_yaw_between(start, body.observe()) < 0.02, "it turns without having been told to")
    _turn(body, _TURN)
    turned = _yaw_between(start, _settled(body))
    right = 0.3 * _TURN < turned < 3.0 * _TURN
    expect(right, f"told to turn left by about {_TURN} rad it turned by {turned:.3f} rad")


def _check_frames(body: Body) -> None:
    """What is seen before a turn must be where it was after it: poses, axes and depth agree.

    A camera frame of other axes, a depth along the ray or a pose that is late all fail here.
    """
    if "turn" not in body.action_features:
        return
    before = _settled(body)
    _turn(body, _TURN)
    after = _settled(body)
    frame = make_frame(before, 2)
    points = frame.points[frame.valid].astype(np.float64)
    error, overlap = _disagreement(points, after)
    expect(overlap >= _LEAST_OVERLAP, f"two views {_TURN} rad apart share only {overlap} points")
    expect(
        error < _AGREE,
        f"a surface seen before and after a turn differs by {100 * error:.0f} % of its depth; "
        "look at the camera's axes (x right, y down, z forward), at T_world_camera, at z-depth "
        "against distance, and at whether pose and picture are of one time",
    )


def _disagreement(points: Float64Array, seen: Observation) -> tuple[float, int]:
    """Returns the median relative difference of depth where points show in a view, and how many."""
    inverse = np.linalg.inv(seen.T_world_camera)
    camera = points @ inverse[:3, :3].T + inverse[:3, 3]
    camera = camera[camera[:, 2] > 0.1]
    lens = seen.intrinsics
    column = np.rint(camera[:, 0] / camera[:, 2] * lens.fx + lens.cx).astype(int)
    row = np.rint(camera[:, 1] / camera[:, 2] * lens.fy + lens.cy).astype(int)
    inside = (column >= 0) & (column < lens.width) & (row >= 0) & (row < lens.height)
    expected = camera[inside, 2]
    measured = seen.depth[row[inside], column[inside]].astype(np.float64)
    valid = np.isfinite(measured) & (measured > 0.0)
    if not valid.any():
        return inf, 0
    error = np.abs(measured[valid] - expected[valid]) / expected[valid]
    return float(np.median(error)), int(valid.sum())


def _turn(body: Body, angle: float) -> None:
    """Turns left by about an angle, at no more than half the body's own limit."""
    high = body.action_features["turn"].high or 1.0
    rate = min(0.5 * high, angle / body.seconds_per_tick)
    for _ in range(max(1, round(angle / (rate * body.seconds_per_tick)))):
        body.act(Command(turn=rate))


def _settled(body: Body) -> Observation:
    """Returns what it sees once it has come to rest."""
    seen = body.observe()
    for _ in range(50):
        body.act(Command())
        newer = body.observe()
        if abs(_yaw_between(seen, newer)) < 1e-3:
            return newer
        seen = newer
    return seen


def _yaw_between(first: Observation, second: Observation) -> float:
    relative = np.linalg.inv(first.T_world_body) @ second.T_world_body
    return float(np.arctan2(relative[1, 0], relative[0, 0]))


def _is_rigid(pose: Float64Array) -> bool:
    rotation = pose[:3, :3]
    square = np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
    return square and np.linalg.det(rotation) > 0.0 and np.allclose(pose[3], [0, 0, 0, 1])
