"""Figures of this program, each beside a floor measured in the same run; not a test."""
