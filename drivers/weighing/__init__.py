"""From readings to the weighing of a load: machine, steadiness, watch, units."""
