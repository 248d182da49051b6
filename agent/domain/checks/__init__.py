"""Checks of numbers, weight, label and metrology; texts and parties have rooms of their own."""
