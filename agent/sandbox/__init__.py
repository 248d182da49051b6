"""A made-up hub, its centre, its authority and its parcels in one folder, for demo, bench and tests.

No narrator and no figures: the first belongs to ``agent.demo``, the second to ``agent.bench``.
"""
