"""A pack: entries, facts, rules, ageing, terms of totals, texts; reading TOML lies in packs."""
