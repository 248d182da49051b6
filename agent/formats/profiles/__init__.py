"""Mapping profiles: how one sender writes; the columns that a manifest can have."""
