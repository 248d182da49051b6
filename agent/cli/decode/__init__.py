"""``preclear decode``."""
