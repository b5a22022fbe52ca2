"""Which Azure or sandbox a run talks to: chosen, opened, used and closed."""
