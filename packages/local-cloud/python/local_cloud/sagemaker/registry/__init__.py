"""The model registry: package groups, their versions, and packages without a version."""
