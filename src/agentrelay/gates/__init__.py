"""Gates, verdicts, approvals and the policy that says when a lane may land."""
