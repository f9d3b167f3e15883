"""Settings of a model server: searched once for each server, model and machine, then kept.

Throughput over a server's settings is irregular, and the best of one machine is not the best of
another: so a quarter of them are measured, in a good order. `kept.tuned_settings` gives what was
found.
"""
