"""The screens: each asks, calls core or db, and draws. Never imports torch, diffusers or SQLAlchemy."""
