"""Reader studies: making, rating and reporting them."""
