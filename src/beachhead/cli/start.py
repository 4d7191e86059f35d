"""Where the program begins. Ctrl-C ends it in words from the first moment on, also while the rest is imported."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of the signal, as everywhere."""


def main() -> None:
    """Run the command line."""
    try:
        from beachhead.cli.main import main as run_command

        run_command()
    except KeyboardInterrupt:
        print("Stopped; nothing was published.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
