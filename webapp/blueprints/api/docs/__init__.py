"""The surfaces' documents for programs, and for people a page that shows them."""

from webapp.blueprints.api.docs.views import api_docs, document_of, surfaces

__all__ = ["api_docs", "document_of", "surfaces"]
