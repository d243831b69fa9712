"""Where snapshots, plans, runs, locks and import files are kept: S3 or a directory."""
