"""A made-up hub, centre and authority in one folder, for demo, bench and tests; no narrator, no figures."""
