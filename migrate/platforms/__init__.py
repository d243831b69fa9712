"""The platforms, a folder each. Nothing here imports one: `migrate.connect` does, by name."""
