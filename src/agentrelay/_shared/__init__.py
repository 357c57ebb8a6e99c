"""Small foundations that every layer may use: ids, clock, files, locks, processes."""
