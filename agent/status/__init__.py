"""What the hub says of itself: status, metrics, states that age; messages of decisions lie in feed."""
