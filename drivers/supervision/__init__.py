"""One device at work: reopened, metered; ports are opened in ports."""
