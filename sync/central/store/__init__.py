"""The centre's tables and every statement on them."""
