"""Sending from the outbox: what is noted of each try, and what happens when it goes wrong."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import icalendar
import pytest
import sqlalchemy as sa
from flask import Flask

from tests.jobs.conftest import ToldCourier
from tests.rig.smtp import Fault, MailServer
from tests.world import Clock, Desk, World, at
from webapp.delivery.courier import Delivery, Parcel
from webapp.delivery.letters import Stationery
from webapp.delivery.smtp import SmtpCourier, SmtpServer
from webapp.domain.errors import Forbidden
from webapp.jobs import queue, runner, send
from webapp.jobs.kinds import Tools, of_lane
from webapp.models import Actor, Attempt, Booking, Job, Message, MessageState, Outcome
from webapp.services import bookings, sending
from webapp.services.sending import INTERRUPTED, LeaseLost, Prepared
from webapp.work import system_of

MAIL = of_lane("mail")


def work(app: Flask, tools: Tools, most: int = 50) -> int:
    """Do the mail jobs that are due now."""
    with app.app_context():
        for done in range(most):
            if not runner.work_once("test", MAIL, tools):
                return done
    return most


def messages(world: World) -> list[sending.Sending]:
    with world.desk.look(world.owner) as uow:
        [booking_id] = uow.session.scalars(sa.select(Booking.id))
        return sending.about_booking(uow, booking_id)


def jobs(desk: Desk) -> int:
    [[count]] = desk.sql("SELECT count(*) FROM job WHERE kind = 'send-message'")
    return int(count)


@pytest.fixture
def booked(world: World) -> str:
    """One booking of Ada's time: a mail to the invitee and one to the host wait."""
    return world.book(world.profile(), at(9))


def test_a_booking_sends_one_mail_to_each_side(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier
) -> None:
    assert work(app, tools) == 2
    assert [parcel.recipient for parcel in courier.parcels] == [
        "grace@example.org",
        "ada@harbour.example.org",
    ]
    assert jobs(world.desk) == 0
    for message in messages(world):
        assert message.state is MessageState.SENT
        assert message.sent_at == world.desk.clock()
        [only] = message.tries
        assert (only.number, only.outcome, only.answer) == (1, Outcome.SENT, "taken")
    assert work(app, tools) == 0


def test_the_mails_of_a_booking_s_life_carry_one_uid_and_a_rising_sequence(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier
) -> None:
    with world.desk.begin(world.guest) as uow:
        bookings.move(uow, _uuid(world), at(10), by=Actor.INVITEE)
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, _uuid(world), by=Actor.HOST, reason="ill")
    work(app, tools)
    to_invitee = [p for p in courier.parcels if p.recipient == "grace@example.org"]
    told = [_invitation(parcel) for parcel in to_invitee]
    assert [method for method, _ in told] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for _, event in told] == [0, 1, 2]
    assert len({str(event["UID"]) for _, event in told}) == 1
    assert [event["DTSTART"].dt for _, event in told] == [at(9), at(10), at(10)]


def _uuid(world: World) -> object:
    with world.desk.look(world.owner) as uow:
        return uow.session.scalars(sa.select(Booking.uuid)).one()


def _invitation(parcel: Parcel) -> tuple[str, icalendar.Event]:
    mail = message_from_bytes(parcel.content, policy=policy.default)
    [part] = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    assert part["Content-Type"].params["method"] == calendar["METHOD"]
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def test_a_mail_put_off_is_tried_again_after_the_pause_and_not_before(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    courier.answers = [Delivery("retry", "451 later")] * 4 + [Delivery("sent", "taken")]
    assert work(app, tools) == 2
    clock.forward(seconds=4)
    assert work(app, tools) == 0
    clock.forward(seconds=1)
    assert work(app, tools) == 2
    clock.forward(seconds=9)
    assert work(app, tools) == 0
    clock.forward(seconds=1)
    assert work(app, tools) == 2
    for message in messages(world):
        outcomes = [each.outcome for each in message.tries]
        assert outcomes == [Outcome.RETRY, Outcome.RETRY, Outcome.SENT]
    ids = {message_from_bytes(parcel.content)["Message-ID"] for parcel in courier.parcels}
    assert len(ids) == 2  # every try of a message is the same message


def test_a_refused_mail_has_failed_and_is_not_tried_again(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    courier.answers = [Delivery("refused", "550 no such user"), Delivery("sent", "taken")]
    work(app, tools)
    clock.forward(days=2)
    assert work(app, tools) == 0
    assert [message.state for message in messages(world)] == [
        MessageState.FAILED,
        MessageState.SENT,
    ]
    assert messages(world)[0].tries[0].answer == "550 no such user"


def test_a_mail_nobody_takes_is_given_up_in_the_end_and_says_so(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    courier.answers = [Delivery("retry", "451 later")]
    for _ in range(send.MOST_TRIES + 5):
        work(app, tools)
        clock.forward(hours=1)
    assert jobs(world.desk) == 0
    for message in messages(world):
        assert (message.state, len(message.tries)) == (MessageState.FAILED, send.MOST_TRIES)


def test_a_connection_that_breaks_after_the_content_is_tried_once_more_and_no_oftener(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    courier.answers = [Delivery("unknown", "lost")]
    for _ in range(5):
        work(app, tools)
        clock.forward(hours=1)
    assert len(courier.parcels) == 4
    for message in messages(world):
        assert (message.state, len(message.tries)) == (MessageState.FAILED, 2)


def test_a_mail_never_overtakes_an_earlier_one_about_the_same_booking(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    courier.answers = [Delivery("retry", "451 later")] * 2 + [Delivery("sent", "taken")]
    work(app, tools)
    clock.forward(seconds=1)
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, _uuid(world), by=Actor.HOST)
    work(app, tools)
    assert len(courier.parcels) == 2
    clock.forward(seconds=20)
    work(app, tools)
    methods = [
        _invitation(parcel)[0]
        for parcel in courier.parcels
        if parcel.recipient == "grace@example.org"
    ]
    assert methods == ["REQUEST", "REQUEST", "CANCEL"]
    waited = messages(world)[-1]
    assert [each.number for each in waited.tries] == [1]


def test_a_mail_that_cannot_be_written_holds_up_nobody_and_fails_in_view(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    with world.desk.begin(world.owner) as uow:
        first = uow.session.scalars(sa.select(Message).order_by(Message.id)).first()
        assert first is not None
        first.values = {"start": "poison"}
    work(app, tools)
    assert [parcel.recipient for parcel in courier.parcels] == ["ada@harbour.example.org"]
    poisoned = messages(world)[0]
    assert (poisoned.state, poisoned.tries[0].outcome) == (MessageState.QUEUED, Outcome.RETRY)
    assert poisoned.tries[0].answer == "The mail could not be written: KeyError"
    for _ in range(send.MOST_TRIES + 5):
        clock.forward(hours=1)
        work(app, tools)
    assert messages(world)[0].state is MessageState.FAILED


def test_an_address_no_mail_can_go_to_fails_at_once(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier
) -> None:
    with world.desk.begin(world.owner) as uow:
        for message in uow.session.scalars(sa.select(Message)):
            message.address = "ada@example.org\r\nBcc: x@example.org"
    work(app, tools)
    assert courier.parcels == []
    assert {message.state for message in messages(world)} == {MessageState.FAILED}


# --------------------------------------------------------------------- crashes, leases, zombies


def _prepare(world: World, who: str) -> tuple[queue.Ticket, Prepared]:
    """Claim the first mail and note the try, as a worker does before it uses the network."""
    from webapp.domain.permissions import Caller, Role

    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        ticket = queue.claim(uow, who, MAIL, lease=timedelta(seconds=60))
        assert ticket is not None
    with world.desk.begin(system_of(ticket.organization_id)) as uow:
        prepared = sending.prepare(uow, ticket.payload["message_id"], fence=ticket.fence)
        assert isinstance(prepared, Prepared)
    return ticket, prepared


def test_a_try_that_was_cut_off_is_unknown_and_the_mail_is_sent_again(
    every_app: Flask, every_world: World, courier: ToldCourier, clock: Clock
) -> None:
    tools = Tools(courier, Stationery(every_world.desk.settings), lambda: 1.0)
    every_world.book(every_world.profile(), at(9))
    _prepare(every_world, "killed")
    clock.forward(seconds=61)
    assert work(every_app, tools) == 2
    cut_off, again = messages(every_world)[0].tries
    assert (cut_off.outcome, cut_off.answer) == (Outcome.UNKNOWN, INTERRUPTED)
    assert (again.number, again.outcome) == (2, Outcome.SENT)


def test_however_often_the_worker_is_killed_the_mail_goes_out(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier, clock: Clock
) -> None:
    for _ in range(8):
        _prepare(world, "killed")
        clock.forward(seconds=61)
    work(app, tools)
    assert messages(world)[0].state is MessageState.SENT


def test_a_message_whose_every_try_ended_in_a_crash_is_given_up_in_view(
    app: Flask, world: World, booked: str, tools: Tools, courier: ToldCourier
) -> None:
    _prepare(world, "killed")
    with world.desk.begin(system_of(None)) as uow:
        for job in uow.session.scalars(sa.select(Job)):
            job.tries, job.leased_until = send.MOST_TRIES, None
    work(app, tools)
    assert courier.parcels == []
    assert {message.state for message in messages(world)} == {MessageState.FAILED}
    assert jobs(world.desk) == 0


def test_a_zombie_s_late_word_is_refused_and_changes_nothing(
    every_world: World, clock: Clock
) -> None:
    every_world.book(every_world.profile(), at(9))
    _, zombie = _prepare(every_world, "stopped")
    clock.forward(seconds=61)
    _, heir = _prepare(every_world, "heir")
    for outcome in Outcome:
        with (
            pytest.raises(LeaseLost),
            every_world.desk.begin(system_of(every_world.organization_id)) as uow,
        ):
            sending.record(uow, zombie, outcome, "late")
    message = messages(every_world)[0]
    assert message.state is MessageState.QUEUED
    assert [each.outcome for each in message.tries] == [Outcome.UNKNOWN, None]
    with every_world.desk.begin(system_of(every_world.organization_id)) as uow:
        assert sending.record(uow, heir, Outcome.SENT, "taken") is MessageState.SENT


def test_no_transaction_is_open_while_a_mail_is_on_its_way(
    app: Flask, world: World, booked: str, tools: Tools
) -> None:
    class Writing:
        """Writes to the database while it delivers: it would wait for an open transaction."""

        def deliver(self, parcel: Parcel) -> Delivery:
            with world.desk.begin(world.owner) as uow:
                attempt = uow.session.scalars(
                    sa.select(Attempt).where(Attempt.outcome.is_(None))
                ).one()
                attempt.answer = "seen from outside"
            return Delivery("sent", "taken")

    assert work(app, Tools(Writing(), tools.stationery, tools.chance)) == 2


def test_only_the_background_may_prepare_and_record(world: World, booked: str) -> None:
    for caller in (world.guest, world.owner):
        with pytest.raises(Forbidden), world.desk.begin(caller) as uow:
            sending.prepare(uow, 1, fence=1)


def test_a_message_of_another_organization_is_not_there(world: World, booked: str) -> None:
    with world.desk.begin(system_of(world.organization_id + 1)) as uow:
        assert sending.prepare(uow, 1, fence=1) is None


# ------------------------------------------------------------------------------ a real server


def test_a_real_server_that_falters_gets_each_mail_in_the_end(
    app: Flask, world: World, booked: str, tools: Tools, clock: Clock, mail_peer: MailServer
) -> None:
    real = SmtpCourier(
        SmtpServer.from_url(mail_peer.url), own_name="book.example.org", timeout_seconds=2.0
    )
    tools = Tools(real, tools.stationery, tools.chance)
    mail_peer.misbehave(
        Fault("rcpt", "451 greylisted", times=2),
        Fault("data", times=1),
        Fault("after data", times=1),
    )
    for _ in range(8):
        work(app, tools)
        clock.forward(hours=1)
    assert {message.state for message in messages(world)} == {MessageState.SENT}
    ids = [each.message["Message-ID"] for each in mail_peer.deliveries]
    assert (len(set(ids)), len(ids)) == (2, 3)  # one arrived twice, and can be told by its id
    for arrived in mail_peer.deliveries:
        for part in arrived.message.walk():
            assert part.get("Content-Transfer-Encoding", "7bit") != "base64"
