"""How a check says that something is not as it must be."""

from collections.abc import Callable

from embodied_mem.errors import ContractError


def expect(met: bool, message: str) -> None:
    """Goes on where a condition is met.

    Raises:
        ContractError: With the message, where it is not.
    """
    if not met:
        raise ContractError(message)


def expect_error(kind: type[Exception], call: Callable[[], object], message: str) -> None:
    """Goes on where a call raises an error of a kind.

    Raises:
        ContractError: With the message, where it returns or raises something else.
    """
    try:
        call()
    except kind:
        return
    except Exception as error:
        raise ContractError(f"{message}; it raised {error!r} instead") from error
    raise ContractError(message)
