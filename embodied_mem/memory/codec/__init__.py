"""Encodings whose every prefix is usable: pictures in JPEG scans, vectors in sign planes."""
