"""One lane: station, scale, ports, health of its devices; how bytes become readings lies in drivers."""
