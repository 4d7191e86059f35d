"""The command line: words in, words out."""

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of the signal, as everywhere."""
