"""PURE: what each role may send and receive in the room: TRTC's privilege map."""

from functools import lru_cache

from classgate.classrooms.models import ClassroomRole, Membership, Mute
from classgate.signing.private_map_key import Privilege

_EVERYTHING = Privilege(255)
_LISTEN = (
    Privilege.ENTER
    | Privilege.RECEIVE_AUDIO
    | Privilege.RECEIVE_VIDEO
    | Privilege.RECEIVE_SUBSTREAM
)
_PRIVILEGES = {
    ClassroomRole.HOST: _EVERYTHING,
    ClassroomRole.ASSISTANT: _EVERYTHING & ~Privilege.CREATE_ROOM,
    ClassroomRole.STUDENT: _LISTEN,
}
_ON_STAGE = Privilege.SEND_AUDIO | Privilege.SEND_VIDEO


@lru_cache(128)  # of few combinations; flags cost an entry more than its MACs
def privileges_of(role: ClassroomRole, on_stage: bool, muted: int = Mute.NOTHING) -> Privilege:
    """Return the privileges: host 255, assistant 254, student 170, on stage 190.

    Muted audio takes 4 away, muted video 16 and 64.
    """
    privileges = _PRIVILEGES[role]
    if role is ClassroomRole.STUDENT and on_stage:
        privileges |= _ON_STAGE
    if muted & Mute.AUDIO:
        privileges &= ~Privilege.SEND_AUDIO
    if muted & Mute.VIDEO:
        privileges &= ~(Privilege.SEND_VIDEO | Privilege.SEND_SUBSTREAM)
    return privileges


def blocked_media(member: Membership) -> Mute:
    """Return what the member may not send: audio, video, or both."""
    privileges = privileges_of(member.role, member.on_stage, member.muted)
    blocked = Mute.NOTHING
    if Privilege.SEND_AUDIO not in privileges:
        blocked |= Mute.AUDIO
    if Privilege.SEND_VIDEO not in privileges:
        blocked |= Mute.VIDEO
    return blocked
