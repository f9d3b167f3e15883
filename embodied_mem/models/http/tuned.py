"""Settings that `embodied-mem tune-model` found best for a server, put into a configuration."""

import dataclasses

from embodied_mem.models.http.config import HttpConfig


def with_tuned(config: HttpConfig) -> HttpConfig:
    """Returns a configuration with what was tuned for its server and model on this machine.

    As many calls are under way at once as were found best, with pictures of that size; all else
    stays. So does the limit of answers: it was tuned on short ones, and plans are long. Where
    nothing was tuned, the configuration is returned as it is.

    Raises:
        ConfigError: If the file of tuned settings is damaged.
    """
    from embodied_mem.models.tuning.kept import tuned_settings

    found = tuned_settings(config.base_url, config.model)
    if found is None:
        return config
    return dataclasses.replace(
        config,
        concurrency=found.in_flight,
        image_size=found.image_size or config.image_size,  # 0: tuned without pictures
    )
