"""The only place that runs git: the program itself, with a scrubbed environment."""
