"""``python -m quantlive_nb``."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_is_the_console_script():
    """It answers as ``quantlive`` does."""
    answer = subprocess.run(
        [sys.executable, "-m", "quantlive_nb", "--help"], capture_output=True, text=True
    )
    assert answer.returncode == 0
    assert all(name in answer.stdout for name in ("dashboard", "record", "export", "doctor"))
