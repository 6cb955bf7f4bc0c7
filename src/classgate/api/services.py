"""The services that the HTTP API calls; a handler finds them at its request."""

from dataclasses import dataclass

from classgate.account_deletion import AccountDeletion
from classgate.accounts.account_list import AccountList
from classgate.accounts.administration import AccountAdministration
from classgate.accounts.confirmations import Confirmations
from classgate.accounts.console_access import ConsoleAccess
from classgate.accounts.imports.service import AccountImport
from classgate.accounts.invitations.service import InvitationService
from classgate.accounts.log_in import LogInService
from classgate.accounts.refusals import AccountRefusals
from classgate.accounts.registration import RegistrationService
from classgate.accounts.second_factors.service import SecondFactorService
from classgate.accounts.service import AccountService
from classgate.admission.service import AdmissionService
from classgate.api.callback_authentication import CallbackAuthenticator
from classgate.classrooms.entry import EntryService
from classgate.classrooms.group_joins import GroupJoins
from classgate.classrooms.hosts import HostService
from classgate.classrooms.mutes import MuteService
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.refusals import ClassRefusals
from classgate.classrooms.room_events.service import RoomEventService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.credential_questions import CredentialQuestions
from classgate.explanations import ExplanationService
from classgate.leases.lookup import LeaseLookup
from classgate.refusal_log.service import RefusalLog
from classgate.request_queues import RequestQueues
from classgate.service_status.service import StatusService


@dataclass(frozen=True, kw_only=True)
class ApiServices:
    """Every service of the HTTP API."""

    queues: RequestQueues
    refusals: RefusalLog
    account_refusals: AccountRefusals
    class_refusals: ClassRefusals
    callbacks: CallbackAuthenticator
    room_events: RoomEventService
    group_joins: GroupJoins
    accounts: AccountService
    log_in: LogInService
    registration: RegistrationService
    administration: AccountAdministration
    account_list: AccountList
    account_import: AccountImport
    account_deletion: AccountDeletion
    admission: AdmissionService
    explanations: ExplanationService
    credential_questions: CredentialQuestions
    service_status: StatusService
    invitations: InvitationService
    confirmations: Confirmations
    second_factors: SecondFactorService
    console_access: ConsoleAccess
    leases: LeaseLookup
    classrooms: ClassroomService
    roster: RosterService
    mutes: MuteService
    hosts: HostService
    entry: EntryService
    presence: PresenceService
    courseware: CoursewareService
    courseware_removal: CoursewareRemoval
    signatures: SignatureService
