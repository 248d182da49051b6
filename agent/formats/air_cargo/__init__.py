"""Cargo-IMP, Cargo-XML and PLACI messages; other EDI lies in edi."""
