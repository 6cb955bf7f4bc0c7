"""Settings become an application: every service, wired once. Knows nothing of HTTP."""

import asyncio
import contextlib
from dataclasses import dataclass, field

import structlog
from sqlalchemy import literal, select

from classgate.accounts.administration import AccountAdministration
from classgate.accounts.attempts import Attempts
from classgate.accounts.importing import AccountImport
from classgate.accounts.invitations import InvitationDesk
from classgate.accounts.legacy_importing import LegacyImport
from classgate.accounts.making import AccountMaker
from classgate.accounts.models import Caller, ImApplication, SessionLimits, UserSigGrant
from classgate.accounts.names import NameKeeper
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.registration import RegistrationService
from classgate.accounts.service import AccountService
from classgate.accounts.session_uses import WRITE_EVERY, SessionUses
from classgate.accounts.user_sigs import UserSigIssuer
from classgate.audit.chain import AuditKey
from classgate.audit.service import CHECKPOINT_EVERY, AuditLog
from classgate.classrooms.bindings import BindingService
from classgate.classrooms.deletion import AccountDeletion
from classgate.classrooms.directory import ClassroomDirectory
from classgate.classrooms.ending import ClassEnding
from classgate.classrooms.entry import EntryService
from classgate.classrooms.hosts import HostService
from classgate.classrooms.models import Ticket
from classgate.classrooms.presence import PresenceService
from classgate.classrooms.presence_book import PresenceBook
from classgate.classrooms.presence_keeping import TICK_EVERY, PresenceKeeper
from classgate.classrooms.replays import ReplayService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock, utc_now
from classgate.cloud.budget import Rate
from classgate.cloud.careful_calls import CarefulCalls, Surroundings
from classgate.cloud.cos import Cos
from classgate.cloud.credential_cache import CredentialCache
from classgate.cloud.http import CloudHttp
from classgate.cloud.sts import Sts
from classgate.cloud.vod import Vod
from classgate.courseware.credentials import CredentialDesk
from classgate.courseware.models import UploadGrant
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.courseware.sweeping import SWEEP_EVERY, SweepRules, UploadSweep
from classgate.errors import ClassgateError, Conflict, LeaseNotFound
from classgate.leases.models import LeaseKind
from classgate.leases.service import LeaseBook
from classgate.outbox.service import Outbox
from classgate.setting_values import (
    cos_address_of,
    hashing_cost_of,
    silence_of,
    store_of,
    sts_address_of,
    vod_address_of,
    windows_of,
)
from classgate.settings import Settings
from classgate.storage.database import Database
from classgate.storage.key_value import InProcessKeyValue
from classgate.storage.opening import open_database
from classgate.videos.models import VideoAccount, VideoQueryRules
from classgate.videos.service import VideoService

log = structlog.get_logger("classgate")

# For this process. STS takes 600 a second of the whole account: room is left for other replicas,
# and for others who use the account.
STS_RATE = Rate(per_second=100, at_once=50)
COS_RATE = Rate(per_second=200, at_once=50)
# VOD takes 100 of each query a minute.
VOD_RATE = Rate(per_second=1, at_once=20)


@dataclass
class Application:
    """All services of one process."""

    database: Database
    audit: AuditLog
    leases: LeaseBook
    accounts: AccountService
    administration: AccountAdministration
    account_import: AccountImport
    legacy_import: LegacyImport
    deletion: AccountDeletion
    invitations: InvitationDesk
    registration: RegistrationService
    classrooms: ClassroomService
    directory: ClassroomDirectory
    roster: RosterService
    presence: PresenceService
    presence_keeper: PresenceKeeper
    replays: ReplayService
    bindings: BindingService
    hosts: HostService
    entry: EntryService
    courseware: CoursewareService
    removal: CoursewareRemoval
    signatures: SignatureService
    videos: VideoService
    sweep: UploadSweep
    session_uses: SessionUses
    passwords: PasswordPool
    http: CloudHttp
    _around: Surroundings
    _background: list[asyncio.Task[None]] = field(default_factory=list)

    async def renew_lease(
        self, caller: Caller, lease_id: str
    ) -> UserSigGrant | Ticket | UploadGrant:
        """Whatever was given under this lease, given again by the same admission.

        LeaseNotFound, LeaseEnded, and all that the first issue raises.
        """
        kind = await self.get_lease_kind(caller, lease_id)
        match kind:
            case LeaseKind.USER_SIG:
                return await self.accounts.renew_user_sig(caller, lease_id)
            case LeaseKind.ENTRY:
                return await self.entry.renew_ticket(caller, lease_id)
            case LeaseKind.UPLOAD | LeaseKind.UPLOAD_PREFIX:
                return await self.courseware.renew_lease(caller, lease_id, kind)
            case (
                LeaseKind.COS_SIGNATURE
                | LeaseKind.DOWNLOAD
                | LeaseKind.VIDEO_QUERY
                | LeaseKind.VIDEO_UPLOAD
            ):
                raise Conflict("this kind of lease is not renewed; ask for a new one")

    async def get_lease_kind(self, caller: Caller, lease_id: str) -> LeaseKind:
        """Of which kind the caller's lease is. LeaseNotFound."""
        kind = await self.leases.find_kind(self.database.reader, lease_id, caller.account_id)
        if kind is None:
            raise LeaseNotFound
        return kind

    async def check_ready(self) -> None:
        """ServiceUnavailable: the database does not answer."""
        await self.database.reader.fetch_one(select(literal(1)))

    async def start(self) -> None:
        """Begin the periodic work."""
        self._background.append(asyncio.create_task(self._checkpoint_forever()))
        self._background.append(asyncio.create_task(self._write_session_uses_forever()))
        self._background.append(asyncio.create_task(self._sweep_forever()))
        self._background.append(asyncio.create_task(self._keep_presence_forever()))

    async def stop(self) -> None:
        """End the periodic work and let go of everything."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        with contextlib.suppress(ClassgateError):
            await self.session_uses.write()
        with contextlib.suppress(ClassgateError):
            await self.presence_keeper.write()
        with contextlib.suppress(ClassgateError):
            await self.audit.checkpoint()
        await self.close()

    async def close(self) -> None:
        """Let go of everything, for one who did not `start`."""
        self.passwords.close()
        await self.http.close()
        await self.database.close()

    async def _write_session_uses_forever(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY.total_seconds())
            try:
                await self.session_uses.write()
            except Exception:  # the next one must still come
                log.exception("session uses stay unwritten for now")

    async def _sweep_forever(self) -> None:
        while True:
            # Spread out, so that replicas that were started together do not sweep together.
            await self._around.sleep(SWEEP_EVERY.total_seconds() * (0.5 + self._around.chance()))
            for step in (*self.sweep.steps, self.replays.request_due):
                try:
                    await step()
                except Exception:  # neither the next step nor the next time depends on this one
                    log.exception("a step of the sweep failed; it is tried again")

    async def _keep_presence_forever(self) -> None:
        while True:
            try:
                await self.presence_keeper.tick()
            except Exception:  # the next one must still come
                log.exception("presence stays unwritten for now")
            await asyncio.sleep(TICK_EVERY.total_seconds())

    async def _checkpoint_forever(self) -> None:
        while True:
            try:
                await self.audit.checkpoint()
            except Exception:  # the next one must still come
                log.exception("audit checkpoint failed")
            await asyncio.sleep(CHECKPOINT_EVERY.total_seconds())


def build(
    settings: Settings, clock: Clock = utc_now, around: Surroundings | None = None
) -> Application:
    """Wire everything. Opens the database, which must exist and be migrated."""
    around = around or Surroundings()
    database = open_database(settings.database.url.get_secret_value())
    session_uses = SessionUses(database)
    audit = AuditLog(database, AuditKey(settings.audit.key.get_secret_value()), clock)
    leases = LeaseBook(audit, clock)
    passwords = PasswordPool(hashing_cost_of(settings))
    user_sigs = UserSigIssuer(ImApplication(settings.im.sdk_app_id, settings.im.signing_key()))
    windows = windows_of(settings)
    presences, outbox = PresenceBook(leases), Outbox()
    ending = ClassEnding(audit, leases, presences, outbox)
    store = store_of(settings)
    http = CloudHttp()
    attempts = Attempts(InProcessKeyValue())
    accounts = AccountService(
        database=database,
        audit=audit,
        leases=leases,
        passwords=passwords,
        attempts=attempts,
        user_sigs=user_sigs,
        uses=session_uses,
        limits=SessionLimits(settings.accounts.session_lifetime, settings.accounts.idle_lifetime),
        clock=clock,
    )
    names = NameKeeper(audit, clock)
    maker = AccountMaker(audit, names, clock)
    invitations = InvitationDesk(
        database=database, audit=audit, accounts=accounts, attempts=attempts, clock=clock
    )
    classrooms = ClassroomService(
        database=database,
        audit=audit,
        accounts=accounts,
        presences=presences,
        ending=ending,
        outbox=outbox,
        windows=windows,
        clock=clock,
    )
    entry = EntryService(
        database=database,
        leases=leases,
        presences=presences,
        outbox=outbox,
        classrooms=classrooms,
        user_sigs=user_sigs,
        windows=windows,
        clock=clock,
    )
    keeper = PresenceKeeper(
        database=database,
        ending=ending,
        silence=silence_of(settings),
        clock=clock,
    )
    sts = Sts(sts_address_of(settings), http, clock, CarefulCalls("STS", STS_RATE, around=around))
    cos_calls = CarefulCalls("COS", COS_RATE, around=around)
    objects = Cos(cos_address_of(settings), http, clock, cos_calls)
    vod = Vod(vod_address_of(settings), http, clock, CarefulCalls("VOD", VOD_RATE, around=around))
    desk = CredentialDesk(
        database=database,
        leases=leases,
        classrooms=classrooms,
        source=CredentialCache(sts, clock, around.monotonic),
        lifetime=store.credential_lifetime,
        clock=clock,
    )
    removal = CoursewareRemoval(
        database=database, audit=audit, classrooms=classrooms, objects=objects, clock=clock
    )
    return Application(
        database=database,
        audit=audit,
        leases=leases,
        accounts=accounts,
        administration=AccountAdministration(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            maker=maker,
            passwords=passwords,
            clock=clock,
        ),
        account_import=AccountImport(
            database=database, passwords=passwords, names=names, maker=maker
        ),
        legacy_import=LegacyImport(
            database=database,
            passwords=passwords,
            names=names,
            maker=maker,
            sdk_app_id=settings.im.sdk_app_id,
        ),
        deletion=AccountDeletion(
            database=database,
            audit=audit,
            leases=leases,
            presences=presences,
            accounts=accounts,
            names=names,
            clock=clock,
        ),
        invitations=invitations,
        registration=RegistrationService(
            database=database,
            passwords=passwords,
            attempts=attempts,
            invitations=invitations,
            maker=maker,
            mode=settings.accounts.registration,
            clock=clock,
        ),
        classrooms=classrooms,
        directory=ClassroomDirectory(database),
        roster=RosterService(
            database=database,
            audit=audit,
            leases=leases,
            presences=presences,
            classrooms=classrooms,
            clock=clock,
        ),
        presence=PresenceService(
            database=database,
            leases=leases,
            presences=presences,
            keeper=keeper,
            classrooms=classrooms,
            entry=entry,
            clock=clock,
        ),
        presence_keeper=keeper,
        replays=ReplayService(
            database=database, audit=audit, outbox=outbox, classrooms=classrooms, clock=clock
        ),
        bindings=BindingService(
            database=database, accounts=accounts, classrooms=classrooms, clock=clock
        ),
        hosts=HostService(
            database=database, audit=audit, leases=leases, classrooms=classrooms, clock=clock
        ),
        entry=entry,
        courseware=CoursewareService(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            classrooms=classrooms,
            desk=desk,
            objects=objects,
            store=store,
            clock=clock,
        ),
        removal=removal,
        signatures=SignatureService(
            database=database,
            leases=leases,
            classrooms=classrooms,
            store=store,
            secret_id=settings.cloud.secret_id.get_secret_value(),
            secret_key=settings.cloud.secret_key.get_secret_value(),
            windows=windows,
            clock=clock,
        ),
        videos=VideoService(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            queries=vod,
            account=VideoAccount(
                settings.cloud.secret_id.get_secret_value(),
                settings.cloud.secret_key.get_secret_value(),
            ),
            rules=VideoQueryRules(frozenset(settings.legacy.vod_actions)),
            clock=clock,
        ),
        sweep=UploadSweep(
            database=database,
            audit=audit,
            leases=leases,
            objects=objects,
            removal=removal,
            rules=SweepRules(windows, settings.cos.abandoned_after),
            clock=clock,
        ),
        session_uses=session_uses,
        passwords=passwords,
        http=http,
        _around=around,
    )
