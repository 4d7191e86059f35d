"""KPIs over groups of customers and periods: what each is, from which sums, with which certainty."""
