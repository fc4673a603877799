"""The first floor's ways out: how a mail or a request reaches somebody."""
