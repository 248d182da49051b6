"""Clock, ids, threads, the data lock, logs: what every program of the hub runs on; nothing of parcels."""
