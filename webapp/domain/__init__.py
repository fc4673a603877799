"""The ground floor: pure computation. No web, no database, no network, no clock."""
