"""The replay of a year: it ends when it is told to, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_house import ROOT


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
def test_the_replay_ends_on_sigterm_and_leaves_no_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-u", str(ROOT / "examples/replay.py"), "--weeks", "0", "--port", "0"]
    given = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("To look at it: " in line for line in process.stdout)
        assert list(tmp_path.glob("placet-replay-*"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not list(tmp_path.glob("placet-replay-*"))
