"""The contract of stores as tests: subclass :class:`StoreContract` in the tests of yours."""

from __future__ import annotations

from pkgutil import iter_modules

import pytest

# Before they are imported: a check that fails says then what was compared.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from turnkeeper.testing.contract.store import StoreContract  # noqa: E402

__all__ = ["StoreContract"]
