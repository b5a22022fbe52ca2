"""Recovery points: their routes, and what they and their snapshots look like."""
