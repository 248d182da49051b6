"""The demonstration: simulators, a manifest and a narrator around the real programs, and nothing else."""
