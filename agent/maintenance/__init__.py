"""What a technician needs: doctor, trying devices, editing the configuration; no lane runs here."""
