"""What can go wrong with a risk model."""

from __future__ import annotations


class ModelError(Exception):
    """Base of every error of this package."""


class BundleRefused(ModelError):
    """A model bundle was not taken into use: one of its files is not what it must be."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"model bundle refused: {file}: {reason}; install the bundle again")
        self.file = file
        self.reason = reason


class ModelNotEmittable(ModelError):
    """A trained model uses something the emitter does not translate exactly."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} cannot be written to ONNX exactly; train without it")
        self.what = what


class RowRefused(ModelError):
    """A row given to the scorer does not have the shape or the type the model reads."""

    def __init__(self, got: str, wanted: str) -> None:
        super().__init__(
            f"the scorer was given {got}; build the row with models.risk.features.vector ({wanted})"
        )
