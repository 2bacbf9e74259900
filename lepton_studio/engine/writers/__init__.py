"""Writers of records for other programs, one a file. A new file here is found by itself."""
