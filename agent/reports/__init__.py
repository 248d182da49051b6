"""Read-only over both files: scorecards and replays of a policy, in every form. Nothing here decides or changes."""
