"""The second step: a code from the phone, or one of the recovery codes."""

from __future__ import annotations

from flask import Response, request

from webapp.blueprints import forgery, limits
from webapp.blueprints.auth.shell import (
    BEFORE_SIGN_IN,
    auth,
    browser_known_to,
    end_step,
    gate,
    let_in,
    step_token,
    told,
)
from webapp.blueprints.returning import own_page
from webapp.domain.errors import Gone, Refusal, TooMany, Unauthenticated
from webapp.services import limits as counts
from webapp.services import second_step
from webapp.services.second_step import HalfOpen
from webapp.work import SYSTEM, begin, house, look

_OVER = "That took too long, or there were too many wrong codes."


def _form(waiting: HalfOpen, error: Refusal | None = None, status: int = 200) -> Response:
    return gate("second_step", status=status, error=error, email=waiting.email, target="")


def _over() -> Response:
    response = told("Please sign in again", _OVER, status=410)
    end_step(response)
    return response


@auth.get("/second-step")
def second_step_page() -> Response:
    """The form, for a browser that has done the first step."""
    with look(SYSTEM) as uow:
        waiting = second_step.waiting(uow, step_token())
    return _form(waiting) if waiting is not None else _over()


@auth.post("/second-step")
def second_step_answer() -> Response:
    """Check the code; a wrong one uses up one of five tries."""
    forgery.check_write(BEFORE_SIGN_IN)
    token, code = step_token(), request.form.get("code", "")[:100]
    with look(SYSTEM) as uow:
        waiting = second_step.waiting(uow, token)
    if waiting is None:
        return _over()
    try:
        count_code(waiting.user_id, waiting.email)
        with begin(SYSTEM) as uow:
            proven = second_step.answer(uow, token, code)
        if proven is None:
            raise Unauthenticated("That code is not right, or was used already.")
        return let_in(proven, own_page(waiting.target))
    except Gone:
        return _over()
    except TooMany as refusal:
        return _form(waiting, refusal, 429)
    except Unauthenticated as refusal:
        return _form(waiting, refusal, 422)


def count_code(user_id: int, email: str) -> None:
    """Note a try at the person's codes, wherever it comes from; raises ``TooMany``.

    Six digits are few: counted for the account as a whole, with tries of its own for a browser
    that the account knows.
    """
    known = browser_known_to(email) or ""
    limits.count("code", counts.hidden(f"codes|{user_id}|{known}", house().keys.app))
