"""`accounts import-legacy` that is stopped: it reports how many it made, and can be run again."""

import contextlib
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.program import CLASSGATE, SETTINGS, Run, clean_environment


@contextlib.contextmanager
def obeying_interrupts() -> Iterator[None]:
    """A program that is started in the block obeys SIGINT, also if the tests run in the background
    of a shell that has it ignored: programs inherit that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def importing_many(
    tmp_path: Path,
) -> Iterator[tuple[subprocess.Popen[str], sqlite3.Connection]]:
    """An import of many parts, of which some are on the disk and others are still to come.

    The import waits until the connection ends its transaction, or the block ends.
    """
    rows = "".join(f"new{number}\tMTIzNDU2Cg==\t0\t1400000001\n" for number in range(ROWS))
    (tmp_path / "t_account.tsv").write_text("uid\tpwd\trole\tappid\n" + rows)
    # One connection for all looks: the last one that closes takes the file for itself for a moment.
    database = sqlite3.connect(tmp_path / "classgate.db", isolation_level=None)
    with (
        obeying_interrupts(),
        contextlib.closing(database),
        subprocess.Popen(
            [CLASSGATE, "accounts", "import-legacy", "t_account.tsv"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=clean_environment(SETTINGS),
        ) as process,
    ):
        # With two parts there, the import itself has heard of the first one's commit.
        while database.execute("SELECT count(*) FROM accounts").fetchone()[0] < 2 * PART:
            assert process.poll() is None
            time.sleep(0.02)
        database.execute("BEGIN IMMEDIATE")
        yield process, database


def count_of_accounts(tmp_path: Path) -> int:
    with contextlib.closing(sqlite3.connect(tmp_path / "classgate.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM accounts").fetchone()
    assert isinstance(count, int)
    return count


PART, ROWS = 200, 4_000
GO_ON = re.compile(
    r"(.*); at least (\d+) accounts were created; run it again with --skip-faulty for the others"
)


def reported_count(line: str, reason: str) -> int:
    """The number of accounts that the last line names, after this reason."""
    found = GO_ON.fullmatch(line)
    assert found is not None, line
    assert found[1] == reason
    return int(found[2])


def test_interrupted_import_of_old_accounts_says_how_many_were_made(
    run: Run, tmp_path: Path
) -> None:
    run("db", "upgrade", environment=SETTINGS)
    with importing_many(tmp_path) as (process, database):
        process.send_signal(signal.SIGINT)
        database.execute("ROLLBACK")  # far more parts are left than begin before the signal is seen
        stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stdout) == (130, "")
    created = reported_count(stderr.splitlines()[-1], "classgate: interrupted")
    assert "Traceback" not in stderr
    # The commit of the last part may not have been confirmed.
    assert count_of_accounts(tmp_path) in {created, created + PART}
    assert PART <= created < ROWS


def test_import_of_old_accounts_says_how_many_were_made_before_the_database_failed(
    run: Run, tmp_path: Path
) -> None:
    run("db", "upgrade", environment=SETTINGS)
    with importing_many(tmp_path) as (process, _):
        stdout, stderr = process.communicate(timeout=300)  # it waits in vain
    assert (process.returncode, stdout) == (1, "")
    last = stderr.splitlines()[-1]
    created = reported_count(last, "classgate: the database is unavailable")
    assert count_of_accounts(tmp_path) == created
    assert "nothing was issued" not in stderr
    file = tmp_path / "t_account.tsv"
    again = run("accounts", "import-legacy", file, "--skip-faulty", environment=SETTINGS)
    assert (again.returncode, again.stdout) == (0, f"{ROWS - created} accounts were created\n")


def test_help_of_the_import_of_old_accounts_says_what_an_interruption_leaves(run: Run) -> None:
    reported = " ".join(run("accounts", "import-legacy", "--help").stdout.split())
    assert "or none" not in reported
    assert "the accounts created so far stay; run it again with --skip-faulty" in reported
