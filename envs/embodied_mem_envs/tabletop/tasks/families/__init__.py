"""The ten families of tasks, one module each with a `tell(story) -> TaskEpisode`."""
