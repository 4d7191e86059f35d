from __future__ import annotations

import duckdb
import pytest

from beachhead.engines.duck import _in_our_words


@pytest.mark.parametrize("error", [RuntimeError("Query interrupted"), duckdb.InterruptException("stopped")])
def test_ctrl_c_during_a_query_is_no_error_of_the_engine(error: Exception) -> None:
    with pytest.raises(KeyboardInterrupt), _in_our_words():
        raise error
