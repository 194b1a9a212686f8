"""What `make` runs: the local stack. Nothing here is deployed."""
