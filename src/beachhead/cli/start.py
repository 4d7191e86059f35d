"""Where the program begins. Ctrl-C ends it in words from the first moment on, also while the rest is imported."""

from __future__ import annotations

import gc
import sys
from importlib.abc import MetaPathFinder

from beachhead.cli import INTERRUPTED


class _WithoutPandas(MetaPathFinder):
    """Arrow imports pandas with the first value wherever it is installed, for a third of the time that a command
    takes to start. No command needs it.
    """

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is for use from Python", name=name)


def main() -> None:
    """Run the command line."""
    gc.disable()  # what is imported stays: looking through it for garbage, now or at the end, is for nothing
    without_pandas = _WithoutPandas()
    sys.meta_path.insert(0, without_pandas)
    try:
        from beachhead.cli.main import main as run_command

        gc.freeze()
        gc.enable()
        run_command()
    except KeyboardInterrupt:
        print("Stopped; nothing was published.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        sys.meta_path.remove(without_pandas)
        gc.freeze()


if __name__ == "__main__":
    main()
