"""Feature: why a person is admitted to a class, or is not. Nothing is issued here."""
