"""Opens a recording for the Rerun viewer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from embodied_mem.errors import MissingExtraError


def open_recording(path: Path, blueprint: Callable[[], Any]) -> tuple[Any, Any]:
    """Returns the module `rerun` and a stream that writes to a `.rrd` file.

    Args:
        path: The file; its folder is made.
        blueprint: Makes the layout of the viewer, once rerun is known to be there.

    Raises:
        MissingExtraError: If rerun is not installed.
    """
    try:
        import rerun
    except ImportError:
        raise MissingExtraError("--rerun", "viz") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    stream: Any = rerun.RecordingStream("embodied_mem", recording_id=path.stem)
    # Wall time must not get into a recording: the same run gives the same content.
    stream.set_log_time_enabled(False)
    stream.set_log_tick_enabled(False)
    stream.save(path, default_blueprint=blueprint())
    stream.log("world", rerun.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    return rerun, stream
