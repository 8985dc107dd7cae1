"""Photographs with their captions: importing, checking and describing them."""
