"""Statements about groups of customers: counts, contrasts, profiles, concentration. Data in, data out."""
