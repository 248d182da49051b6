"""Declarations on disk, reference.db, one module for each table; the signed log lies in evidence."""
