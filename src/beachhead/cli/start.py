"""Where the program begins. Ctrl-C ends it in words from the first moment on, also while the rest is imported."""

from __future__ import annotations

import gc
import sys

from beachhead.cli import INTERRUPTED


def main() -> None:
    """Run the command line."""
    gc.disable()  # what is imported stays: looking through it for garbage, now or at the end, is for nothing
    try:
        from beachhead.cli.main import main as run_command

        gc.freeze()
        gc.enable()
        run_command()
    except KeyboardInterrupt:
        print("Stopped; nothing was published.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
