"""Reference data in force: signed policy, lists, models. Not reference.db, which is the store of declarations."""
