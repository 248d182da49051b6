"""What a finding asks of a sender, in his language: a catalogue each, one page of examples and sources."""
