"""Listed names and who is on them; other checks of parties lie in parties."""
