"""All suites by name; a suite is imported when it is asked for."""

from collections.abc import Mapping
from importlib import import_module

from embodied_mem.errors import unknown_name
from embodied_mem_envs.evaluation.suites.suite import Suite

SUITES: Mapping[str, str] = {}
"""`module:name` of each suite, by the name that `embodied-mem eval` has for it."""


def load_suite(name: str) -> Suite:
    """Returns a suite.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in SUITES:
        raise unknown_name("suite", name, SUITES)
    module, attribute = SUITES[name].split(":")
    suite: Suite = getattr(import_module(module), attribute)
    return suite
