"""Read-only over both files: scorecards and replays of a policy; it changes nothing."""
