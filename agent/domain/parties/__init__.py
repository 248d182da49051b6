"""Who and where: names, addresses, contacts; listed names lie in screening."""
