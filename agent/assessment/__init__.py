"""Claims to assessment: the document half, for hub, replay and outsiders; the rules lie in domain."""
