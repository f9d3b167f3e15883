import pytest

pytest.importorskip("cyclonedds")

from peer import peer as peer
