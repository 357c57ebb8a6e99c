"""The small process that owns one program's tree and outlives the orchestrator."""
