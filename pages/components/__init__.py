"""Widgets that more than one screen needs, one noun a module."""
