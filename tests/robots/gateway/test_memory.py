"""What ZeroMQ itself does not bound."""

from pathlib import Path

from gateway_fuzz import endless_message
from gateway_process import drive_a_little, gateway_process


def test_a_message_without_end_is_cut_off(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as served:
        drive_a_little(served)
        before = served.resident()
        for _ in range(2):
            for _ in endless_message(served.port, 2_000_000_000):
                if served.peak() - before > 1_200_000_000:
                    break
            assert served.peak() - before < 1_200_000_000  # 512 MiB, and what comes in a tenth
            assert served.process.poll() is None
            drive_a_little(served)
