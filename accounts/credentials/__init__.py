"""What proves who somebody is, beyond names and passwords, and what keeps guessers out."""
