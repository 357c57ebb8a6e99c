"""What a workstream is: spec, runtime state, protocols and the runner; no implementation."""
