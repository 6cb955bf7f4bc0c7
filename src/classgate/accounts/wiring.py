"""The services of accounts, put together from what they need."""

from dataclasses import dataclass

from classgate.accounts.account_list import AccountList
from classgate.accounts.administration import AccountAdministration
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.confirmations import Confirmations
from classgate.accounts.console_access import ConsoleAccess
from classgate.accounts.creation import AccountCreator
from classgate.accounts.imports.service import AccountImport
from classgate.accounts.invitations.service import InvitationService
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.log_in import LogInService
from classgate.accounts.models import ImApplication, SessionLimits
from classgate.accounts.passwords import HashingCost, PasswordPool
from classgate.accounts.refusals import AccountRefusals
from classgate.accounts.refused_logins import RefusedLogins
from classgate.accounts.registration import Mode, RegistrationService
from classgate.accounts.removals import CloudRemovals
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.accounts.retention import Retention
from classgate.accounts.second_factors.sealing import SecretSealer
from classgate.accounts.second_factors.service import SecondFactorService
from classgate.accounts.second_factors.verification import SecondFactorVerifier
from classgate.accounts.service import AccountService
from classgate.accounts.session_activity import SessionActivity
from classgate.accounts.session_registry import SessionRegistry
from classgate.accounts.user_sigs import UserSigIssuer
from classgate.audit.reads import RecordedReads
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.leases.service import LeaseService
from classgate.refusal_log.service import RefusalLog
from classgate.storage.database import Database
from classgate.storage.rate_limits import RateLimitStore


@dataclass(frozen=True)
class AccountPolicy:
    """The school's policies for accounts."""

    im_application: ImApplication
    admin_identifier: str
    hashing_cost: HashingCost
    session_limits: SessionLimits
    registration: Mode
    console_access: ConsoleAccess
    sealer: SecretSealer


@dataclass(frozen=True)
class AccountServices:
    """The services of accounts, and the parts that other features build on."""

    accounts: AccountService
    log_in: LogInService
    administration: AccountAdministration
    account_list: AccountList
    account_import: AccountImport
    invitations: InvitationService
    registration: RegistrationService
    refusals: AccountRefusals
    confirmations: Confirmations
    second_factors: SecondFactorService
    console_access: ConsoleAccess
    retention: Retention
    session_activity: SessionActivity
    passwords: PasswordPool
    attempts: AttemptLimiter
    names: ReservedIdentifiers
    account_creator: AccountCreator
    user_sigs: UserSigIssuer


def wire_accounts(
    *,
    database: Database,
    rate_limits: RateLimitStore,
    audit: AuditLog,
    reads: RecordedReads,
    leases: LeaseService,
    removals: CloudRemovals,
    refusals: RefusalLog,
    policy: AccountPolicy,
    clock: Clock,
) -> AccountServices:
    """Return the services of accounts."""
    passwords = PasswordPool(policy.hashing_cost)
    attempts = AttemptLimiter(rate_limits, lambda text: audit.attempt_digests(text)[0])
    user_sigs = UserSigIssuer(policy.im_application)
    activity = SessionActivity(database)
    known_addresses = KnownAddresses(database, audit)
    registry = SessionRegistry(audit, leases, removals, policy.session_limits, clock)
    accounts = AccountService(
        database=database,
        audit=audit,
        leases=leases,
        passwords=passwords,
        attempts=attempts,
        known_addresses=known_addresses,
        user_sigs=user_sigs,
        registry=registry,
        uses=activity,
        limits=policy.session_limits,
        clock=clock,
    )
    verifier = SecondFactorVerifier(policy.sealer, attempts, clock)
    confirmations = Confirmations(
        database=database,
        accounts=accounts,
        passwords=passwords,
        attempts=attempts,
        known_addresses=known_addresses,
        second_factors=verifier,
        clock=clock,
    )
    names = ReservedIdentifiers(audit, clock, policy.admin_identifier)
    creator = AccountCreator(audit, names, clock)
    invitations = InvitationService(
        database=database,
        audit=audit,
        accounts=accounts,
        attempts=attempts,
        confirmations=confirmations,
        clock=clock,
    )
    administration = AccountAdministration(
        database=database,
        audit=audit,
        reads=reads,
        leases=leases,
        removals=removals,
        accounts=accounts,
        account_creator=creator,
        passwords=passwords,
        confirmations=confirmations,
        clock=clock,
    )
    return AccountServices(
        accounts=accounts,
        log_in=LogInService(
            database=database,
            passwords=passwords,
            attempts=attempts,
            known_addresses=known_addresses,
            refused_logins=RefusedLogins(database, audit),
            registry=registry,
            accounts=accounts,
            second_factors=verifier,
            console_access=policy.console_access,
            clock=clock,
        ),
        administration=administration,
        account_list=AccountList(database),
        account_import=AccountImport(
            database=database,
            passwords=passwords,
            names=names,
            account_creator=creator,
            administration=administration,
        ),
        invitations=invitations,
        registration=RegistrationService(
            database=database,
            passwords=passwords,
            attempts=attempts,
            invitations=invitations,
            account_creator=creator,
            mode=policy.registration,
            clock=clock,
        ),
        refusals=AccountRefusals(database, refusals),
        confirmations=confirmations,
        second_factors=SecondFactorService(
            database=database,
            audit=audit,
            accounts=accounts,
            registry=registry,
            confirmations=confirmations,
            verifier=verifier,
            sealer=policy.sealer,
            access=policy.console_access,
            clock=clock,
        ),
        console_access=policy.console_access,
        retention=Retention(database=database, leases=leases, attempts=attempts, clock=clock),
        session_activity=activity,
        passwords=passwords,
        attempts=attempts,
        names=names,
        account_creator=creator,
        user_sigs=user_sigs,
    )
