"""Executors: where turns and gates run, and the supervisor that owns their process trees."""
