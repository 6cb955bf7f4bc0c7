"""FEATURE: the record of what was given to whom, when and by which rule; append-only, chained."""
