"""Records of episodes on disk."""
