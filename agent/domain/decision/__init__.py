"""Assess (the document half), freshness, decide; single checks lie in their rooms."""
