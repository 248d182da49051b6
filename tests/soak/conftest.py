"""What is run by name alone is no module of tests."""

collect_ignore = ["importers.py", "mutations.py"]
