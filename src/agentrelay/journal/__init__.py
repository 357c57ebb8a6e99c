"""The journal: the append-only record of a run's decisions and effects."""
