"""What a goods text says and whether it is enough; goods lines lie in consignment."""
