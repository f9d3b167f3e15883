"""Keys of lighting."""

NO_LIGHT_KEY = "no_lights"
DEFAULT_LIGHTING_KEY = ""
