"""Sign-in: which way the environment offers, and the tokens that it gives."""
