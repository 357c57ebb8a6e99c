"""Specs, statuses and protocols of tasks; imports no implementation."""
