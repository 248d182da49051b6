"""How the chapters of goods are learnt from made phrases; reading goods with them lies in models.goods."""
