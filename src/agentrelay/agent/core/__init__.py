"""What the engine needs of an agent adapter; imports no implementation."""
