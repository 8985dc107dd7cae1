"""Datasets of photographs: brought in, captioned by people, covered, handed on."""
