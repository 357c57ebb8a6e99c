"""Forges: where change requests live. The local one needs no server."""
