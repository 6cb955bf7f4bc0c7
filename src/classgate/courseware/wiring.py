"""The services of courseware, put together from what they need."""

from dataclasses import dataclass
from datetime import timedelta

from classgate.accounts.service import AccountService
from classgate.audit.service import AuditLog
from classgate.classrooms.models import AccessWindows
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import ObjectStore, TemporaryCredentialsSource
from classgate.courseware.clean_up import CleanUpPolicy, UploadCleanUp
from classgate.courseware.credentials import CredentialService
from classgate.courseware.json_signer import JsonApiSigner
from classgate.courseware.models import BucketSettings
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signature_issuer import SignatureIssuer
from classgate.courseware.signatures import SignatureService
from classgate.leases.service import LeaseService
from classgate.storage.database import Database


@dataclass(frozen=True)
class CoursewarePolicy:
    """What the school decided about uploads."""

    store: BucketSettings
    windows: AccessWindows
    abandoned_after: timedelta


@dataclass(frozen=True)
class CoursewareServices:
    """The services of courseware."""

    courseware: CoursewareService
    courseware_removal: CoursewareRemoval
    signatures: SignatureService
    signature_issuer: SignatureIssuer
    upload_clean_up: UploadCleanUp


def wire_courseware(
    *,
    database: Database,
    audit: AuditLog,
    leases: LeaseService,
    accounts: AccountService,
    classrooms: ClassroomService,
    source: TemporaryCredentialsSource,
    objects: ObjectStore,
    signer: JsonApiSigner,
    policy: CoursewarePolicy,
    clock: Clock,
) -> CoursewareServices:
    """Return the services of courseware."""
    signature_issuer = SignatureIssuer(
        leases=leases, signer=signer, store=policy.store, windows=policy.windows, clock=clock
    )
    removal = CoursewareRemoval(
        database=database, audit=audit, classrooms=classrooms, objects=objects, clock=clock
    )
    return CoursewareServices(
        courseware=CoursewareService(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            classrooms=classrooms,
            credentials_service=CredentialService(
                database=database,
                leases=leases,
                classrooms=classrooms,
                source=source,
                lifetime=policy.store.credential_lifetime,
                clock=clock,
            ),
            objects=objects,
            store=policy.store,
            clock=clock,
        ),
        courseware_removal=removal,
        signatures=SignatureService(
            database=database, classrooms=classrooms, issuer=signature_issuer
        ),
        signature_issuer=signature_issuer,
        upload_clean_up=UploadCleanUp(
            database=database,
            audit=audit,
            leases=leases,
            objects=objects,
            removal=removal,
            rules=CleanUpPolicy(policy.windows, policy.abandoned_after),
            clock=clock,
        ),
    )
