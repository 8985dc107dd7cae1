"""The domain: attributes, captions, recipes, pipeline, jobs, images. Imports no Streamlit, no SQLAlchemy."""

__version__ = "0.1.0"
