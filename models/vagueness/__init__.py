"""How vague a goods description reads, in English, Chinese and Spanish: hashed n-grams, one weight each."""
