"""Words: attributes, captions in the original's grammar, and reading typed prompts back."""
