"""Kore.ai: admin and bot roles, moved by exporting, uploading and importing role files."""
