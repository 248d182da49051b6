"""Words of findings, rows, scorecards and the lane page, a catalogue for each language; a pack brings its own."""
