"""The second floor: use cases, plain functions ``verb(uow, ...)`` that know no web."""
