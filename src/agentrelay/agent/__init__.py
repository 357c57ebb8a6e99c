"""Agents: the coding programs, and the adapters that drive them."""
