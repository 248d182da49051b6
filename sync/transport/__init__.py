"""The client of the centre and what goes over the wire; what is signed lies in log."""
