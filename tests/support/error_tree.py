"""The tree of errors, as the code declares it."""

from collections.abc import Iterator

from classgate import console_refusals, overload_refusals, refusals, registration_refusals
from classgate.errors import ClassgateError

# Only loaded modules are in the tree.
assert issubclass(refusals.ClassEnded, ClassgateError)
assert issubclass(console_refusals.NotFromConsole, ClassgateError)
assert issubclass(overload_refusals.Overloaded, ClassgateError)
assert issubclass(registration_refusals.RegistrationClosed, ClassgateError)


def tree(error: type[ClassgateError] = ClassgateError) -> Iterator[type[ClassgateError]]:
    """The error and all that are below it."""
    yield error
    for child in error.__subclasses__():
        yield from tree(child)


ERRORS = sorted(
    {error for error in tree() if error.__module__.startswith("classgate.")},
    key=lambda error: error.__name__,
)


GROUPS = {error for error in ERRORS if "reason" not in vars(error)}
