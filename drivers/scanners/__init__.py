"""Barcode scanners: bytes in, ``ScanRead`` out, and double reads folded into one scan."""
