"""FEATURE: the audit: what was issued to whom, when and by which rule; append-only, chained."""
