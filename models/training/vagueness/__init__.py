"""How the score of descriptions is learnt from made phrases; scoring lies in models.vagueness."""
