"""Storage behind a few verbs. Returns frozen records; imports core's dataclasses, never torch or Streamlit."""
