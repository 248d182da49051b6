"""Reference data in force: signed policy, lists, models. Not reference.db, which holds declarations."""
