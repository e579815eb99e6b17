"""Elastic Container Registry, with the bytes of its layers."""
