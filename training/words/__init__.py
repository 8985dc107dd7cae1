"""Sentences to learn from: captions, paraphrases, what is left out, held out and held fast."""
