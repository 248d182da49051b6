"""What parcels come to together; the limits themselves are words of the policy."""
