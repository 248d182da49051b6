"""What the centre accepts, audits and publishes; no HTTP, no SQL."""
