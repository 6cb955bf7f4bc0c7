"""The service that explains admissions, put together from what it needs."""

from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.service import AccountService
from classgate.admission.play import AdmissionPlayer
from classgate.admission.service import AdmissionService
from classgate.audit.service import AuditLog
from classgate.classrooms.models import AccessWindows
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import CloudService
from classgate.leases.service import LeaseService
from classgate.refusal_log.service import RefusalLog
from classgate.storage.database import Database


def wire_admission(
    *,
    database: Database,
    audit: AuditLog,
    leases: LeaseService,
    accounts: AccountService,
    attempts: AttemptLimiter,
    classrooms: ClassroomService,
    refusals: RefusalLog,
    credentials_service: CloudService,
    windows: AccessWindows,
    clock: Clock,
) -> AdmissionService:
    """Return the service."""
    return AdmissionService(
        database=database,
        audit=audit,
        accounts=accounts,
        classrooms=classrooms,
        leases=leases,
        refusals=refusals,
        player=AdmissionPlayer(
            attempts=attempts,
            leases=leases,
            credentials_service=credentials_service,
            windows=windows,
            clock=clock,
        ),
    )
