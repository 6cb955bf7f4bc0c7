"""PURE: what each role may send and receive in the room: TRTC's privilege map."""

from classgate.classrooms.models import ClassroomRole
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


def privileges_of(role: ClassroomRole, on_stage: bool) -> Privilege:
    """Return the privileges: host 255, assistant 254, student 170, on stage 190."""
    if role is ClassroomRole.STUDENT and on_stage:
        return _PRIVILEGES[role] | _ON_STAGE
    return _PRIVILEGES[role]
