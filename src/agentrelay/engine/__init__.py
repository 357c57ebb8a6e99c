"""The engine: pure decisions, the loop that carries them out, and recovery."""
