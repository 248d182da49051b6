"""Statements, envelopes and the log: what is signed, and how it reaches the centre."""
