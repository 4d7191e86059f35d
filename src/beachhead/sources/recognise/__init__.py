"""What is in a file? Exports of known products, and files that nobody has seen before."""
