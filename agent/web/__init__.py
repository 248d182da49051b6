"""The lane page and its live channel."""
