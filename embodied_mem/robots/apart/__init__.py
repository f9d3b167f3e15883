"""Robots whose library lives in another Python: a gateway runs there, and is reached from here."""
