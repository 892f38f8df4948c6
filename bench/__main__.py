"""Run the sections that are named, or all: `python -m bench [--quick] [section ...]`."""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import events, imports, lines, memory, plugins, queues, reading, s3, verify, where
from bench.measure import machine

SECTIONS: Mapping[str, Callable[..., None]] = {
    "files": reading.files,
    "where": reading.where,
    "pushdown": where.pushdown,
    "small-files": reading.small_files,
    "fields": reading.fields,
    "lines": lines.lines,
    "writing": lines.writing,
    "plugins": plugins.plugins,
    "verify": verify.verify,
    "corpus": reading.corpus,
    "memory": memory.memory,
    "s3": s3.s3,
    "events": events.events,
    "queue": queues.queue,
    "imports": imports.imports,
}


def main(arguments: list[str]) -> int:
    """Run sections in a temporary folder, which is removed at the end.

    Returns:
        The exit code: 2 where a section is misspelt.
    """
    quick = "--quick" in arguments
    names = [name for name in arguments if name != "--quick"] or list(SECTIONS)
    if unknown := [name for name in names if name not in SECTIONS]:
        print(f"no section {unknown[0]!r}: there are {', '.join(SECTIONS)}, and --quick", file=sys.stderr)
        return 2
    start = time.monotonic()
    print(f"# Benchmark{' (quick: fewer files, fewer rounds)' if quick else ''}\n\n{machine()}")
    with tempfile.TemporaryDirectory(prefix="trailsdk-bench-") as folder:
        for name in names:
            SECTIONS[name](Path(folder), quick=quick)
            sys.stdout.flush()
    print(f"\n{time.monotonic() - start:.0f} s in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
