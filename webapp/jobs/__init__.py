"""An entrance like the blueprints: what runs later, in the worker."""
