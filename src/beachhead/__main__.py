"""`python -m beachhead`."""

from beachhead.cli.start import main

main()
