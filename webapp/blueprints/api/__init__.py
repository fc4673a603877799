"""The JSON surfaces, one package each; they do not know each other."""
