"""FEATURE: classes, who belongs to them in which role, and who may enter when."""
