"""The services that the HTTP API calls. Each handler is given the one that it needs."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from litestar.datastructures import State
from litestar.di import Provide

from classgate.account_deletion import AccountDeletion
from classgate.accounts.administration import AccountAdministration
from classgate.accounts.invitations.service import InvitationService
from classgate.accounts.registration import RegistrationService
from classgate.accounts.service import AccountService
from classgate.classrooms.entry import EntryService
from classgate.classrooms.hosts import HostService
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.leases.lookup import LeaseLookup


@dataclass(frozen=True, kw_only=True)
class ApiServices:
    """Every service of the HTTP API. A handler gets one by a parameter of the field's name."""

    accounts: AccountService
    registration: RegistrationService
    administration: AccountAdministration
    account_deletion: AccountDeletion
    invitations: InvitationService
    leases: LeaseLookup
    classrooms: ClassroomService
    roster: RosterService
    hosts: HostService
    entry: EntryService
    presence: PresenceService
    courseware: CoursewareService
    courseware_removal: CoursewareRemoval
    signatures: SignatureService


def service_dependencies() -> dict[str, Provide]:
    """Return a dependency for each service, under the name of its field."""
    return {
        field.name: Provide(_provider_of(field.name), sync_to_thread=False)
        for field in fields(ApiServices)
    }


def _provider_of(name: str) -> Callable[[State], object]:
    def provide(state: State) -> object:
        service: object = getattr(state.services, name)
        return service

    return provide
