"""Ports: bytes with the moment they came, whichever library, socket or file brings them."""
