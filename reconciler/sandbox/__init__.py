"""The simulated Azure: one core, two doors, one file per provider. It shares nothing with the rest."""
