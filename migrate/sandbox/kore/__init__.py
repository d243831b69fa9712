"""Kore.ai accounts, built from kore.md alone."""
