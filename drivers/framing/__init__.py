"""Frames and parsers: what all protocols share; the protocols lie in scales and scanners."""
