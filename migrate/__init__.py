"""role-migrate: moves roles, and who holds them, from one environment to the next."""

__version__ = "0.1.0"
