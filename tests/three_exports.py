"""Three exports of a small company that share no key: from a CRM, from billing, from a survey."""

from __future__ import annotations

CRM = "Id,Name,Website,Created\n" + "".join(
    f"{n:03d},Company {n} GmbH,company{n}.de,2025-01-{n % 27 + 1:02d}\n" for n in range(1, 41)
)
BILLING = "id,Customer ID,Customer Email,Customer Name,Amount,Created date (UTC),Currency\n" + "".join(
    f"ch_{n},cus_{n},pay@company{n}.de,Company {n},{n * 10}.50,2025-03-{n % 27 + 1:02d} 10:00:00,eur\n"
    for n in range(1, 36)
)
SURVEY = "E-mail,Submitted at,How likely are you to recommend us?\n" + "".join(
    f"jane@company{n}.de,2025-04-{n % 27 + 1:02d},{n % 11}\n" for n in range(1, 31)
)
EXPORTS = {"crm.csv": CRM, "payments.csv": BILLING, "survey.csv": SURVEY}
