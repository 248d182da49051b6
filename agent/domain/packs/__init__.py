"""Dated data files, and how they are read, all faults at once; what they mean lies in policy."""
