"""What `speed.py` runs and compares."""
