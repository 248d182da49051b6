"""Scales: one module a protocol, each a pure parser and the profile that the catalogue lists."""
