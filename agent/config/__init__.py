"""The configuration file as one frozen tree; it opens no device and decides nothing."""
