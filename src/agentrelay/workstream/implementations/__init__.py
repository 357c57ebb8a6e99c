"""Implementations of the workstream protocols, a module for each."""
