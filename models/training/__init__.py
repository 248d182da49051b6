"""Builds the shipped bundle from made data: ``python -m models.training``. Needs LightGBM."""
