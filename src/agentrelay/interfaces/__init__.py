"""Placeholder, described by its owner."""
