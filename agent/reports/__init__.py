"""Read-only over both files: scorecards and replays of a policy, in every form; it changes nothing."""
