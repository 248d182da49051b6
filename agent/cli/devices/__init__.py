"""``preclear devices``."""
