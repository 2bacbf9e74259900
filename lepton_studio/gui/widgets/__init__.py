"""Reusable widgets. They know numpy, frozen values, the theme and engine.fields, nothing else of ours."""
