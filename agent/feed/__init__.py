"""Messages to screens and who is subscribed to them; where a state comes from lies with its owner."""
