"""What the engine needs of a forge; imports no implementation."""
