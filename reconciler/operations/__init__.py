"""What is done with backups once they are declared: on-demand backups, jobs, restores, drills, proof, export."""
