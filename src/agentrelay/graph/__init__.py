"""Graphs: the immutable DAG of tasks and workstreams, its order and its validation."""
