"""Money, countries, comparable text: values that cannot be wrong; nothing of a check."""
