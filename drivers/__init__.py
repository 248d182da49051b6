"""Bytes of scanners and scales become scans and weights; ports and simulators."""
