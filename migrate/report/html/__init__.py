"""HTML reports: one file that needs nothing else, for a plan and for a run."""
