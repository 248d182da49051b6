"""Documents that the authority publishes; putting them in force is the hub's."""
