"""Declarations, claims, the effective consignment, goods lines, flights; nothing is judged here."""
