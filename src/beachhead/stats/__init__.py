"""Pure statistics: numbers in, numbers out. Each function names its source and says what it does with null."""
