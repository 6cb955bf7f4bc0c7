"""The periodic work of a serving process: what runs, and how often.

Several processes over one database do it at the same time. Each writes what is in its own memory;
work on rows claims them; what reads much and claims none is claimed as a whole.
"""

from classgate.accounts.session_activity import FLUSH_INTERVAL
from classgate.accounts.wiring import AccountServices
from classgate.app.job_claims import JobClaims
from classgate.app.scheduler import PeriodicJob, Scheduler
from classgate.audit.retention import RETENTION_INTERVAL, AuditRetention
from classgate.audit.service import CHECKPOINT_INTERVAL, AuditLog
from classgate.classrooms.presence.tracker import TICK_INTERVAL
from classgate.classrooms.wiring import ClassroomServices
from classgate.cloud.resilient_client import Runtime
from classgate.courseware.clean_up import CLEAN_UP_INTERVAL
from classgate.courseware.wiring import CoursewareServices
from classgate.outbox.retention import OutboxRetention
from classgate.processes.registry import BEAT_INTERVAL, ProcessRegistry
from classgate.refusal_log.retention import RefusalRetention
from classgate.refusal_log.service import FLUSH_INTERVAL as REFUSALS_FLUSH_INTERVAL
from classgate.refusal_log.service import RefusalLog

PROCESS_NOT_REGISTERED = "this process is not registered; it will be retried"


def schedule(
    processes: ProcessRegistry,
    claims: JobClaims,
    audit: AuditLog,
    audit_retention: AuditRetention,
    accounts: AccountServices,
    classrooms: ClassroomServices,
    courseware: CoursewareServices,
    outbox_retention: OutboxRetention,
    refusals: RefusalLog,
    refusal_retention: RefusalRetention,
    runtime: Runtime,
) -> Scheduler:
    """Return the periodic work of a serving process."""
    return Scheduler(
        [
            PeriodicJob(
                steps=[processes.beat],
                interval=BEAT_INTERVAL,
                failure=PROCESS_NOT_REGISTERED,
            ),
            PeriodicJob(
                steps=[audit.checkpoint],
                interval=CHECKPOINT_INTERVAL,
                failure="audit checkpoint failed",
                runs_at_start=True,
            ),
            PeriodicJob(
                steps=[accounts.session_activity.flush],
                interval=FLUSH_INTERVAL,
                failure="session activity not written yet",
            ),
            PeriodicJob(
                steps=[classrooms.presence_tracker.tick],
                interval=TICK_INTERVAL,
                failure="presence not written yet",
                runs_at_start=True,
            ),
            # Not a step of the tick above, which must not wait for the rows of a flood.
            PeriodicJob(
                steps=[refusals.flush],
                interval=REFUSALS_FLUSH_INTERVAL,
                failure="refusals not written yet",
            ),
            PeriodicJob(
                steps=[
                    *courseware.upload_clean_up.steps,
                    claims.once(
                        "folders", CLEAN_UP_INTERVAL, courseware.upload_clean_up.clean_up_folders
                    ),
                    classrooms.replays.request_due_replays,
                    classrooms.room_events.delete_old,
                    classrooms.groups.make_due,
                    *accounts.retention.steps,
                ],
                interval=CLEAN_UP_INTERVAL,
                failure="a clean-up step failed; it will be retried",
                has_jitter=True,
            ),
            PeriodicJob(
                steps=[
                    claims.once("audit", RETENTION_INTERVAL, audit_retention.run_once),
                    classrooms.attendance_retention.run_once,
                    outbox_retention.run_once,
                    refusal_retention.run_once,
                ],
                interval=RETENTION_INTERVAL,
                failure="old rows were not removed; it will be retried",
                has_jitter=True,
            ),
        ],
        runtime,
    )
