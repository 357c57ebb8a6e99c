"""Executors; only the composition root picks one."""
