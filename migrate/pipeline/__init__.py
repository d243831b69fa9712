"""Capture, plan, run: what happens in which order. Knows no platform's verbs."""
