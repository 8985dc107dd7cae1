"""From a wish to a picture: composing, loading the pipeline, drawing, previews, tables and sheets."""
