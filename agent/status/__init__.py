"""What the hub reports of itself: status, metrics, states; their messages lie in feed."""
