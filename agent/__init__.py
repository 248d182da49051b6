"""The hub: stations, rules, storage, screens and commands."""

__version__ = "0.1.0"
