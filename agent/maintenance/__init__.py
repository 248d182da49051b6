"""What a technician needs: the doctor's checks, listing and trying devices, editing the configuration.

No lane runs here, nothing is printed, and no signal is handled: commands and pages do that.
"""
