"""Steps that several use cases share; they ask for no permission of their own."""
