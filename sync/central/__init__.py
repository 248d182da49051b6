"""The reference central service of the authority."""
