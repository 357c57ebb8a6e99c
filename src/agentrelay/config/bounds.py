"""The bounds of numbers that both graphs and settings can say, lowest and highest."""

MAX_AGENTS = (1, 1000)
MAX_GATES = (1, 1000)
MAX_WORKSTREAM_DEPTH = (0, 10)
