"""What the engine needs of an executor; imports no implementation."""
