"""The domain: attributes, captions, recipes, the pipeline, jobs, images. Imports no Streamlit, no SQLAlchemy."""
