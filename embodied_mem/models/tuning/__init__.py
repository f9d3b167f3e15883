"""Settings of a model server: searched once for each server, model and machine, then kept."""
