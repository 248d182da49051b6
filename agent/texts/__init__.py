"""Words of findings, rows, scorecards and the lane page, a catalogue a language; a pack brings its own."""
