from peer import peer as peer
