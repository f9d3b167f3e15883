"""Parts of one's own: each file is one, small enough to be read in a minute."""
