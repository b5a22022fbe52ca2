"""From what Azure holds to a manifest whose plan is empty."""
