"""What event counters measure: positions in the results of `kernels`, apart so that reading needs no compiler."""

from __future__ import annotations

from typing import Final

import numpy as np

NEVER: Final = np.iinfo(np.int32).min

# Columns of the per-account result.
COUNT_7D, COUNT_30D, COUNT_90D, COUNT_PRIOR_30D, COUNT_TOTAL = 0, 1, 2, 3, 4
ACTIVE_7D, ACTIVE_30D, ACTIVE_90D, BREADTH_30D, USERS_7D, USERS_30D, FIRST_DAY, LAST_DAY = 5, 6, 7, 8, 9, 10, 11, 12
ACCOUNT_MEASURES: Final = 13
# Columns of the result per account and key event, and per user.
KEY_COUNT_7D, KEY_COUNT_30D, KEY_COUNT_90D, KEY_ACTIVE_30D, KEY_FIRST_DAY, KEY_LAST_DAY = 0, 1, 2, 3, 4, 5
KEY_MEASURES: Final = 6
USER_COUNT_30D, USER_COUNT_90D, USER_COUNT_TOTAL, USER_ACTIVE_30D, USER_FIRST_DAY, USER_LAST_DAY = 0, 1, 2, 3, 4, 5
USER_MEASURES: Final = 6
