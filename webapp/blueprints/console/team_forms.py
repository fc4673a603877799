"""The forms of the team: inviting, roles, leaving, handing over, rooms."""

from __future__ import annotations

from wtforms import Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from webapp.blueprints.console.forms import SelectChoice
from webapp.domain.permissions import Role
from webapp.services.leaving import Fate

ROLE_WORDS = {Role.OWNER: "Owner", Role.ADMIN: "Admin", Role.MEMBER: "Member"}
ROLE_CHOICES = [
    SelectChoice("member", "Member – handles bookings and their own hours"),
    SelectChoice("admin", "Admin – manages people and settings too"),
]


class InviteForm(Form):
    """Whom to invite, as what."""

    email = StringField("E-mail", [InputRequired("Enter an e-mail address."), Length(max=254)])
    role = SelectField("Role", choices=ROLE_CHOICES, default=Role.MEMBER.value)


class RoleForm(Form):
    """Another role for somebody."""

    role = RadioField("Role", choices=ROLE_CHOICES, validators=[InputRequired("Choose a role.")])


class RoomForm(Form):
    """What a room is called."""

    name = StringField("Name of the room", [InputRequired("Enter a name."), Length(max=120)])


class LeaveForm(Form):
    """What becomes of the bookings of somebody who leaves."""

    fate = RadioField(
        "Upcoming bookings",
        choices=[
            SelectChoice(
                Fate.GIVE_OR_CANCEL.value, "Give them to a colleague who is free, cancel the others"
            ),
            SelectChoice(
                Fate.GIVE_OR_KEEP.value, "Give them to a colleague who is free, leave the others"
            ),
            SelectChoice(Fate.CANCEL.value, "Cancel them all"),
            SelectChoice(Fate.KEEP.value, "Leave them all as they are"),
        ],
        validators=[InputRequired("Choose what happens to the bookings.")],
    )
    reason = TextAreaField("What invitees of cancelled bookings read", [Length(max=1000)])


class OwnerForm(Form):
    """Who is to own the organization."""

    owner = SelectField("New owner", validate_choice=False)
