"""Scales and scanners without hardware: the same bytes on a pseudo-terminal, from a process of their own."""
