"""What the boundary costs: starting an empty sandbox, a warm request through it, and its memory."""

import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sandbox"))

import memory  # noqa: E402
import starts  # noqa: E402
import warm  # noqa: E402
from parts import compile_all  # noqa: E402

SETTINGS = {
    "gapSeconds": f"{starts.GAP_SECONDS} ± {starts.JITTER:.0%}",
    "sparsePerRound": starts.SPARSE_PER_ROUND,
    "backToBackPerRound": starts.BACK_TO_BACK_PER_ROUND,
    "atOnce": memory.AT_ONCE,
    "warmRequestsPerRound": warm.REQUESTS_PER_ROUND,
}


def run(rounds, say):
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as name:
        os.chmod(name, 0o755)
        folder = pathlib.Path(name)
        say("compiling")
        compile_all(folder)
        rows, found = starts.measure(folder, rounds, say)
        SETTINGS.update(found)
        rows += memory.measure(folder, rounds, say)
        rows += warm.measure(folder, rounds, say)
        return rows
