"""Which chapters of the Harmonized System a goods description can be of: hashed words and n-grams."""
