"""Reference data: signed policy, lists and models in force; declarations lie in store."""
