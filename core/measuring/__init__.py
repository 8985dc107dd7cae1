"""What a picture shows: skin tone, lesions, the judge's reading, the nearest training picture."""
