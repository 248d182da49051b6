"""Rows of cells: CSV, workbooks, JSON rows, and how columns become fields; messages lie elsewhere."""
