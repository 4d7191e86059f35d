"""What happened: the run log. It only reports; the store's manifests are the truth."""
