"""Raw files in: recognised, mapped onto the customer model, landed as typed Parquet; what is wrong is kept."""
