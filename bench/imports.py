"""What `import trailsdk` costs, and what it must not load."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.measure import print_table, verdict

__all__ = ["imports"]

_LIMIT_MS = 90
_HEAVY = ("boto3", "botocore", "cryptography", "click", "hypothesis")
_BARE = "pass"
_IMPORT = "import trailsdk; trailsdk.Record"
_LOADED = f"import sys, trailsdk; print(*(name for name in {_HEAVY!r} if name in sys.modules))"


def imports(_: Path, *, quick: bool) -> None:
    """Compare an interpreter that imports trailsdk with a bare one."""
    rounds = 5 if quick else 15
    for code in (_BARE, _IMPORT):
        _run(code)
    pairs = [(_run(_BARE), _run(_IMPORT)) for _ in range(rounds)]
    more = [(after - before) * 1000 for before, after in pairs]
    took = statistics.median(more)
    met = verdict(met=took <= _LIMIT_MS)
    loaded = subprocess.run([sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603 (our own code)
    print_table(
        "Import",
        f"{rounds} pairs of new interpreters in turns, `{_BARE}` and `{_IMPORT}`; wall time, compiled files present.",
        ("what", "measured", "target"),
        [
            ("bare interpreter, median", f"{statistics.median(before for before, _ in pairs) * 1000:.1f} ms", ""),
            (
                "`trailsdk.Record` after that, median",
                f"{took:.1f} ms",
                f"{_LIMIT_MS} ms: {met}",
            ),
            ("the same, best", f"{min(more):.1f} ms", ""),
            ("heavy packages that are loaded", ", ".join(loaded) or "none", f"none: {verdict(met=not loaded)}"),
        ],
    )


def _run(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 (our own code)
    return time.perf_counter() - start
