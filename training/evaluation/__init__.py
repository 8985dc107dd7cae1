"""What a model is held to: requests, the judge's word, figures with intervals, the report."""
