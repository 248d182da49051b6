"""One module per scale protocol: bytes in, ``WeightReading`` and ``Answer`` out."""
