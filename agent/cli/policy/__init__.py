"""``preclear policy``."""
