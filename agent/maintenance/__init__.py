"""What keeps a hub in order: doctor, devices found and tried, edits of its configuration; backups to come.

No lane runs here, nothing is printed, and no signal is handled: commands and pages do that.
"""
