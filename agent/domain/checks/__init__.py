"""Checks of numbers, weight, label and metrology; a subject with a room of its own has its check there."""
