"""What a measurement leaves in a folder."""

import json
from pathlib import Path
from typing import Any

from embodied_mem.cli.result import plain
from embodied_mem.files import write_text


def write_record(path: Path, what: Any) -> None:
    """Writes dataclasses, arrays and what JSON holds, whole or not at all; its folder is made."""
    write_text(path, json.dumps(plain(what), indent=1) + "\n")
