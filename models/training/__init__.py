"""Builds the three shipped models from made data: ``python -m models.training``. Needs LightGBM."""
