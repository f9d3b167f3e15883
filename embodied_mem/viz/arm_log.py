"""Records an arm's brain for the Rerun viewer: pictures, beliefs, plan, conditions, anomalies."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

import cv2
import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.manipulation import ArmBrain
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.draw import draw
from embodied_mem.brain.plan.executor import PlanExecutor
from embodied_mem.brain.plan.schema import Step
from embodied_mem.brain.plan.walk import walk
from embodied_mem.brain.state import Entity, State
from embodied_mem.types import Observation
from embodied_mem.viz.palette import colour_of
from embodied_mem.viz.reading import encode_rgb
from embodied_mem.viz.recording import open_recording

_EVERY: Final = 20
_JPEG_QUALITY: Final = 80
_MILLIMETRES: Final = 1000.0


@final
class ArmLog:
    """Writes a `.rrd` file while an arm works; set it as `ArmBrain.on_tick`.

    `world/camera/<name>` holds pictures and depth, `world/arm` the links, `world/things` what is
    believed, `plan/tree` the plan with where its nodes stand, `plan/conditions` the truth of the
    conditions that are watched, `plan/events` what was noticed and done about it. All lie on the
    timelines `tick` and `seconds`.
    """

    def __init__(self, path: Path, model: ArmModel) -> None:
        """Opens the recording.

        Raises:
            MissingExtraError: If rerun is not installed.
        """
        self._rr, self._stream = open_recording(path, self._blueprint)
        self._model = model
        self._told = 0
        self._tree = ""

    def __call__(self, brain: ArmBrain) -> None:
        """Records one tick; most of it only every tenth of a second."""
        state = brain.believed
        if state is None:
            return
        self._stream.set_time("tick", sequence=state.tick)
        self._stream.set_time("seconds", duration=state.seconds)
        self._log_events(brain, state)
        if state.tick % _EVERY == 0:
            self._log_things(state)
            self._log_arm(brain)
            self._log_plan(brain, state)

    def see(self, observation: Observation) -> None:
        """Records one picture."""
        rr, name = self._rr, f"world/camera/{observation.camera}"
        self._stream.set_time("tick", sequence=observation.tick)
        pose, camera = observation.T_world_camera, observation.intrinsics
        self._stream.log(name, rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
        pinhole = rr.Pinhole(
            image_from_camera=camera.matrix,
            resolution=(camera.width, camera.height),
            camera_xyz=rr.ViewCoordinates.RDF,
            image_plane_distance=0.15,
        )
        self._stream.log(name, pinhole)
        jpeg = encode_rgb(observation.rgb, ".jpg", cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
        self._stream.log(f"{name}/rgb", rr.EncodedImage(contents=jpeg, media_type="image/jpeg"))
        millimetres = np.clip(np.nan_to_num(observation.depth) * _MILLIMETRES, 0, 65535)
        depth = rr.DepthImage(millimetres.astype(np.uint16), meter=_MILLIMETRES)
        self._stream.log(f"{name}/depth", depth)

    def close(self) -> None:
        """Writes what is left and closes the file."""
        self._stream.flush()
        self._stream.disconnect()

    def _blueprint(self) -> Any:
        from rerun import blueprint as view

        scene = view.Spatial3DView(origin="world", name="belief")
        pictures = view.Vertical(
            view.Spatial2DView(origin="world/camera/front", name="front"),
            view.Spatial2DView(origin="world/camera/wrist", name="wrist"),
        )
        story = view.Vertical(
            view.TextDocumentView(origin="plan/tree", name="plan"),
            view.TextDocumentView(origin="plan/conditions", name="conditions"),
            view.TextLogView(origin="plan/events", name="anomalies and recoveries"),
            row_shares=[4, 2, 3],
        )
        return view.Blueprint(view.Horizontal(scene, pictures, story, column_shares=[3, 1, 2]))

    def _log_things(self, state: State) -> None:
        things = [entity for entity in state.entities.values() if entity.kind == "object"]
        if not things:
            self._stream.log("world/things", self._rr.Clear(recursive=False))
            return
        boxes = self._rr.Boxes3D(
            centers=[entity.position for entity in things],
            sizes=[entity.size for entity in things],
            rotation_axis_angles=[
                self._rr.RotationAxisAngle(axis=(0, 0, 1), radians=entity.yaw) for entity in things
            ],
            colors=[colour_of(entity.colour) for entity in things],
            labels=[_label(entity) for entity in things],
        )
        self._stream.log("world/things", boxes)

    def _log_arm(self, brain: ArmBrain) -> None:
        arm = brain.arm.sense()
        spheres = self._model.spheres(arm.joints, arm.opening)
        points = self._rr.Points3D(spheres[:, :3], radii=spheres[:, 3], colors=(190, 195, 205))
        self._stream.log("world/arm", points)

    def _log_plan(self, brain: ArmBrain, state: State) -> None:
        running = brain.running
        if not isinstance(running, PlanExecutor):
            return
        tree = draw(running.plan, running.states)
        if tree != self._tree:
            self._tree = tree
            self._stream.log("plan/tree", self._rr.TextDocument(tree))
        active = set(running.active)
        lines = [
            f"{'yes' if parse_condition(text).evaluate(state) else 'NO ':3}  {kind:6} {text}"
            for step in walk(running.plan.root)
            if isinstance(step, Step) and step.id in active
            for kind, texts in _conditions(step).items()
            for text in texts
        ]
        self._stream.log("plan/conditions", self._rr.TextDocument("\n".join(lines)))

    def _log_events(self, brain: ArmBrain, state: State) -> None:
        running = brain.running
        if running is None:
            self._told = 0
        else:
            for event in running.report.events[self._told :]:
                level = "WARN" if event.what == "anomaly" else "INFO"
                self._stream.log("plan/events", self._rr.TextLog(event.text().strip(), level=level))
            self._told = len(running.report.events)
        for reflex in brain.brainstem.since(state.tick):
            self._stream.log("plan/events", self._rr.TextLog(f"reflex: {reflex}", level="ERROR"))


def _label(entity: Entity) -> str:
    if entity.missing:
        return f"{entity.id} (gone)"
    return entity.id if entity.visible else f"{entity.id} (remembered in {entity.place})"


def _conditions(step: Step) -> Mapping[str, tuple[str, ...]]:
    return {"before": step.pre, "while": step.invariant, "after": step.post}
