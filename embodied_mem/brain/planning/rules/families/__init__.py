"""One function a verb: each says where things must go, or which skills do what is asked."""
