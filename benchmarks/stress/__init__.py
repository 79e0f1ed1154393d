"""Stress questions: rare events, conditioning on crises held back, reverse stress tests."""
