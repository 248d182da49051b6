"""One piece and all known of it, decisions without a scan; the way of a scan is clearance.py."""
