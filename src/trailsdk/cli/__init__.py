r"""The command `trailsdk`: arguments, printing, progress, exit codes.

| Exit code | Meaning                                                                  |
|-----------|--------------------------------------------------------------------------|
| 0         | All is well.                                                             |
| 1         | Some input was bad, or could not be read; or the output not be written.  |
| 2         | The command was called wrongly; or click and rich are not installed.     |
| 3         | `verify`: nothing is invalid, but not all could be proved.                |
| 130       | Interrupted with Ctrl-C; `follow` ends with 0 or 1.                      |
| 141       | Whoever read the output has gone, as with `\| head`.                      |
"""

import sys
from importlib.util import find_spec
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command with the arguments of the process, and exit."""
    try:
        if _missing():
            sys.stderr.write('error: the command needs click and rich: pip install "trailsdk[cli]"\n')
            sys.exit(2)
        from trailsdk.cli.main import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


def _missing() -> bool:
    """Tell whether a package of the extra is missing, without importing any: rich may not be needed at all."""
    try:
        return any(find_spec(name) is None for name in ("click", "rich"))
    except ModuleNotFoundError:
        return True
