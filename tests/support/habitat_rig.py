"""Bodies in Habitat's stand-in (see `habitat_stand_in/habitat_sim`)."""

import sys
from pathlib import Path

STAND_IN = Path(__file__).with_name("habitat_stand_in")


def stand_in(**variables: str) -> dict[str, str]:
    """What makes an interpreter find the stand-in."""
    return {"PYTHONPATH": str(STAND_IN), **variables}


def options(**more: object) -> dict[str, object]:
    """Options of `make_body("habitat", ...)` that use the stand-in."""
    return {"habitat_python": sys.executable, "environment": stand_in(), **more}
