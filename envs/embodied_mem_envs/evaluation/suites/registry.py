"""All suites by name; a suite is imported when it is asked for."""

from collections.abc import Mapping
from importlib import import_module

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem_envs.evaluation.suites.suite import Suite

SUITES: Mapping[str, str] = {
    "recall": "embodied_mem_envs.evaluation.suites.recall:SUITE",
    "question_answering": "embodied_mem_envs.evaluation.suites.question_answering:SUITE",
    "lifelong_nav": "embodied_mem_envs.evaluation.suites.lifelong_nav:SUITE",
    "hidden_rule": "embodied_mem_envs.evaluation.suites.hidden_rule:SUITE",
    "label_expansion": "embodied_mem_envs.evaluation.suites.label_expansion:SUITE",
    "mixed_session": "embodied_mem_envs.evaluation.suites.mixed_session:SUITE",
}
"""`module:name` of each suite, by the name that `embodied-mem eval` has for it."""


def load_suite(name: str) -> Suite:
    """Returns a suite.

    Args:
        name: One of `SUITES`, or `module:name` of a suite that another package brings.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in SUITES and ":" not in name:
        raise unknown_name("suite", name, SUITES)
    module, _, attribute = SUITES.get(name, name).partition(":")
    try:
        suite: Suite = getattr(import_module(module), attribute)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ConfigError(f"the suite {name!r} cannot be loaded: {error}") from error
    return suite
