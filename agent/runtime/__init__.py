"""Clock, ids, threads, the data lock, logs, percentiles: what the hub runs on; nothing of parcels."""
