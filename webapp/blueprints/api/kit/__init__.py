"""What surfaces are built from: operations as data, and their routes, bodies, pages, document."""

from webapp.blueprints.api.kit.bodies import read_object
from webapp.blueprints.api.kit.fitting import fitted, fitting_query, whole
from webapp.blueprints.api.kit.openapi import About, document
from webapp.blueprints.api.kit.operation import Header, Operation
from webapp.blueprints.api.kit.paging import Paged, enveloped
from webapp.blueprints.api.kit.routes import publish

__all__ = [
    "About",
    "Header",
    "Operation",
    "Paged",
    "document",
    "enveloped",
    "fitted",
    "fitting_query",
    "publish",
    "read_object",
    "whole",
]
