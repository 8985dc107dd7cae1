"""From the form to the pictures: what to draw, by which model, and what came of it."""
