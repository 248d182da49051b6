"""How good a sender's data is, trend and overview; drawing it lies in agent.reports."""
