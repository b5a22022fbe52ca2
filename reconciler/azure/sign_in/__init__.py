"""How to sign in: which way the environment offers, and the tokens that it yields."""
