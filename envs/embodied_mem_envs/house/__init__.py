"""The embedded house simulator."""
