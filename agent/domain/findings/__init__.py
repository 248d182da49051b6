"""Finding, disposition and the registry of codes; the checks that make findings lie elsewhere."""
