"""How the risk model is trained again from made parcels."""
