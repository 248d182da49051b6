"""Which protocol a device speaks: probing ports and scoring bytes."""
