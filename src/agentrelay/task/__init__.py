"""Tasks: what is to be done, what an agent is told, and what came of it."""
