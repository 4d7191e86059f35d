"""Where results live: landing, registry, snapshots, memberships; published by rename, locked, read whole."""
