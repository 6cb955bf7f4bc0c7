"""The commands, their streams and their exit codes: 0 done, 1 the answer is no, 2 wrong usage."""

import json
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import TLSSigAPIv2
from tests.support.program import PASSWORD, SETTINGS, Run

# An installation that names everything and reaches nothing.
MIGRATIONS = Path(__file__).parents[2] / "src" / "classgate" / "migrations" / "versions"


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(params=["secp256k1", "prime256v1"])
def key_pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A private and a public key, freshly made by openssl; the private one with EC PARAMETERS."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    _openssl("ecparam", "-name", request.param, "-genkey", "-out", private)
    _openssl("ec", "-in", private, "-pubout", "-out", public)
    return private, public


# ── user-sig ────────────────────────────────────────────────────────────────────────────────────

WHO = ("--sdk-app-id", "1400000001", "--identifier", "tom")


def test_version_1_is_issued_and_verified_with_fresh_keys(
    run: Run, key_pair: tuple[Path, Path]
) -> None:
    private, public = key_pair
    token = run("user-sig", "issue", *WHO, "--private-key", private).stdout.strip()
    good = run("user-sig", "verify", *WHO, "--public-key", public, "--json", token)
    assert good.returncode == 0
    assert json.loads(good.stdout)["version"] == 1
    other = ("--sdk-app-id", "1400000001", "--identifier", "amy")
    renamed = run("user-sig", "verify", *other, "--public-key", public, "--json", "-", stdin=token)
    assert renamed.returncode == 1
    assert json.loads(renamed.stdout)["reason"] == "identifier"


def test_version_2_is_what_the_official_library_would_sign(run: Run, tmp_path: Path) -> None:
    secret = SETTINGS["CLASSGATE_IM__SECRET_KEY"]
    (tmp_path / "sdk.key").write_text(secret + "\n")
    official = TLSSigAPIv2.TLSSigAPIv2(1400000001, secret)
    checked = run(
        *("user-sig", "verify", *WHO, "--secret-key-file", "sdk.key", "--json"),
        official.gen_sig("tom", 3600),
    )
    assert checked.returncode == 0, checked.stdout
    issued = run("user-sig", "issue", *WHO, "--secret-key-file", "sdk.key", "--lifetime", "60")
    expired = run(
        *("user-sig", "verify", *WHO, "--secret-key-file", "sdk.key", "--json"),
        *("--at", "4000000000", issued.stdout.strip()),
    )
    assert expired.returncode == 1
    assert json.loads(expired.stdout)["reason"] == "expired"


def test_an_identifier_outside_the_rule_is_refused(run: Run, key_pair: tuple[Path, Path]) -> None:
    forged = 'bob","TLS.identifier":"alice'
    done = run(
        *("user-sig", "issue", "--sdk-app-id", "1400000001", "--identifier", forged),
        *("--private-key", key_pair[0]),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "an identifier is 1 to 32 characters" in done.stderr


@pytest.mark.parametrize(
    ("making", "said"),
    [
        (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "secp384r1"),
        (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RSA"),
        (
            ["genpkey", "-algorithm", "RSA", "-aes128", "-pass", "pass:word"],
            "encrypted",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_named_and_not_shown(
    run: Run, tmp_path: Path, making: list[str], said: str
) -> None:
    _openssl(*making, "-out", tmp_path / "key.pem")
    done = run("user-sig", "issue", *WHO, "--private-key", "key.pem")
    assert done.returncode == 2
    assert said in done.stderr
    secret_lines = (tmp_path / "key.pem").read_text().splitlines()[1:-1]
    assert not any(line in done.stderr for line in secret_lines)


def test_a_key_file_that_is_not_there_is_wrong_usage(run: Run) -> None:
    done = run("user-sig", "issue", *WHO, "--private-key", "nowhere.pem")
    assert done.returncode == 2
    assert "nowhere.pem: there is no such file" in done.stderr


# ── settings and the database ───────────────────────────────────────────────────────────────────


def test_serve_lists_every_missing_setting_at_once(run: Run) -> None:
    done = run("serve")
    assert done.returncode == 2
    for setting in ("AUDIT__KEY", "CLOUD__SECRET_ID", "COS__BUCKET", "IM__SDK_APP_ID"):
        assert f"set CLASSGATE_{setting}" in done.stderr


def test_serve_refuses_a_database_that_is_not_migrated(run: Run) -> None:
    done = run("serve", environment=SETTINGS)
    assert done.returncode == 2
    assert "run: classgate db upgrade" in done.stderr


@pytest.mark.parametrize("command", [("serve",), ("db", "upgrade"), ("accounts", "list")])
def test_older_program_does_not_touch_a_newer_schema(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    with closing(sqlite3.connect(tmp_path / "classgate.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = run(*command, environment=SETTINGS)
    assert done.returncode == 2
    (fault,) = done.stderr.splitlines()
    assert fault.startswith("classgate: database: it has schema 9999, which is newer than this")
    assert fault.endswith("; install the version that upgraded the database, or a newer one")


@pytest.mark.parametrize("command", [("serve",), ("doctor",), ("accounts", "list")])
def test_mistyped_settings_file_is_the_only_hint(run: Run, command: tuple[str, ...]) -> None:
    done = run(*command, "--config", "clasgate.toml")
    text = done.stdout + done.stderr
    assert "clasgate.toml: cannot be read: there is no such file; look at --config" in text
    assert "is missing" not in text


def test_several_processes_are_refused_over_a_file(run: Run) -> None:
    done = run("serve", "--workers", "4", environment=SETTINGS)
    assert done.returncode == 2
    assert done.stderr == (
        "classgate: http.workers: one process serves a SQLite file; set it to 1, "
        "or use PostgreSQL\n"
    )


def test_command_ends_with_1_when_the_server_is_late(run: Run) -> None:
    with socket.socket() as bound:  # bound and not listening: the port stays ours, and refuses
        bound.bind(("127.0.0.1", 0))
        url = f"postgresql://u:zq@127.0.0.1:{bound.getsockname()[1]}/db"
        done = run("db", "upgrade", environment={**SETTINGS, "CLASSGATE_DATABASE__URL": url})
    assert done.returncode == 1
    shown = url.replace("u:zq@", "")
    said = f"classgate: database.url: {shown} cannot be used (no server listens there)\n"
    assert done.stderr == said


def test_no_secret_is_shown_when_it_is_refused(run: Run) -> None:
    weak = {**SETTINGS, "CLASSGATE_CLOUD__SECRET_KEY": "two words0123456789"}
    done = run("serve", environment=weak)
    assert done.returncode == 2
    assert "cloud.secret_key: character 4 of 19 is a blank (U+0020)" in done.stderr
    assert "two words" not in done.stderr + done.stdout


def test_upgrading_makes_the_database_once(run: Run) -> None:
    newest = max(file.name[:4] for file in MIGRATIONS.glob("[0-9]*.py"))
    first = run("db", "upgrade", "--json", environment=SETTINGS)
    assert json.loads(first.stdout) == {"before": None, "current": newest}
    again = run("db", "upgrade", "--json", environment=SETTINGS)
    assert json.loads(again.stdout) == {"before": newest, "current": newest}
    assert run("db", "current", environment=SETTINGS).returncode == 0


# ── accounts and the audit ──────────────────────────────────────────────────────────────────────


def test_accounts_are_administered_and_every_change_is_in_the_audit(
    run: Run, tmp_path: Path
) -> None:
    def classgate(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run(*arguments, stdin=stdin, environment=SETTINGS)

    classgate("db", "upgrade")
    added = classgate("accounts", "add", "tom", "--role", "student", stdin=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr
    assert classgate("accounts", "set-role", "tom", "--role", "teacher").returncode == 0
    assert classgate("accounts", "disable", "tom").returncode == 0
    assert classgate("accounts", "enable", "TOM").returncode == 0
    reset = classgate("accounts", "reset-password", "tom", stdin="another long sentence\n")
    assert reset.returncode == 0, reset.stderr
    listed = json.loads(classgate("accounts", "list", "--json").stdout)
    assert listed["accounts"] == [
        {
            "account_id": 1,
            "identifier": "tom",
            "role": "teacher",
            "display_name": "tom",
            "disabled": False,
        }
    ]
    rows = json.loads(classgate("audit", "--identifier", "tom", "--json").stdout)["rows"]
    assert [row["event"] for row in rows] == [
        "password_reset",
        "account_enabled",
        "account_disabled",
        "account_role_set",
        "account_created",
    ]
    assert classgate("audit", "verify").returncode == 0
    with sqlite3.connect(tmp_path / "classgate.db") as database:
        database.execute("UPDATE audit_rows SET event = 'account_enabled' WHERE event = ?",
                         ("account_disabled",))  # fmt: skip
    broken = classgate("audit", "verify", "--json")
    assert broken.returncode == 1
    assert "was changed after it was written" in json.loads(broken.stdout)["faults"][0]


ROWS = [
    ("a1", 1, None, 7, "class_not_started", "enter the class", 3, "r-second"),
    ("a2", None, "00ff00ff00ff00ff", None, "wrong_credentials", "log in", 1, "r-third"),
    ("a3", None, None, None, "left_out", "more rows than strangers may have", 12, "r-last"),
]


def test_second_factor_is_reset_where_there_is_one(run: Run) -> None:
    def classgate(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run(*arguments, stdin=stdin, environment=SETTINGS)

    classgate("db", "upgrade")
    classgate("accounts", "add", "root", "--role", "admin", stdin=PASSWORD + "\n")
    reset = classgate("accounts", "reset-second-factor", "ROOT")
    assert (reset.returncode, reset.stdout) == (0, "ROOT has no second factor; nothing to do\n")
    as_json = classgate("accounts", "reset-second-factor", "root", "--json")
    assert json.loads(as_json.stdout) == {"identifier": "root", "reset": False}
    unknown = classgate("accounts", "reset-second-factor", "nobody")
    assert unknown.returncode == 1
    assert "there is no such account" in unknown.stderr


def test_refusals_are_listed_and_found_by_their_request(run: Run, tmp_path: Path) -> None:
    def refusals(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run("refusals", *arguments, environment=SETTINGS)

    run("db", "upgrade", environment=SETTINGS)
    run("accounts", "add", "amy", "--role", "student", stdin=f"{PASSWORD}\n", environment=SETTINGS)
    at = 1_790_000_000_000_000
    with closing(sqlite3.connect(tmp_path / "classgate.db")) as database, database:
        for refusal_id, account, digest, classroom, reason, rule, count, request in ROWS:
            database.execute(
                "INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (f"00065c00a0eb0000{refusal_id}", account, digest, classroom, reason, rule,
                 "POST /x", "192.0.2.1", count, at, at, request),
            )  # fmt: skip
        database.execute("INSERT INTO refusal_requests VALUES ('r-first', '00065c00a0eb0000a1')")
    assert refusals().stdout.splitlines() == [
        "2026-09-21T14:13:20+00:00 12 refusals have no row: more rows than strangers may have",
        "2026-09-21T14:13:20+00:00 unknown name 00ff00ff00ff00ff wrong_credentials [log in] "
        "from 192.0.2.1 POST /x r-third",
        "2026-09-21T14:13:20+00:00 amy class 7 class_not_started [enter the class] 3 times "
        "from 192.0.2.1 POST /x r-second",
    ]
    for wanted in (
        ("--identifier", "AMY"),
        ("--classroom", "7"),
        ("--request-id", "r-first"),
        ("--request-id", "r-second"),
    ):
        (found,) = json.loads(refusals(*wanted, "--json").stdout)["refusals"]
        assert (found["identifier"], found["reason"], found["count"]) == (
            "amy",
            "class_not_started",
            3,
        )
    assert len(json.loads(refusals("--limit", "2", "--json").stdout)["refusals"]) == 2
    assert json.loads(refusals("--since", "1790000001", "--json").stdout) == {"refusals": []}
    none = refusals("--request-id", "r-none")
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == "classgate: no refusal of the request r-none is kept\n"
    assert refusals("--since", "soon").returncode == 2
    assert refusals("--limit", "0").returncode == 2


def test_a_file_of_accounts_is_imported_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade", environment=SETTINGS)
    header, good = "identifier,password,role,display_name", f"tom,{PASSWORD},teacher,王老师"
    file = tmp_path / "term.csv"
    file.touch(mode=0o600)
    file.write_text(f"{header}\n{good}\namy,zqshort,student,\nTOM,{PASSWORD},host,\n", "utf-8")
    refused = run("accounts", "import", file, environment=SETTINGS)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert [line.partition(":")[0] for line in refused.stderr.splitlines()] == [
        "line 3, password",
        "line 4, identifier",
        "line 4, role",
        "nothing was imported",
    ]
    assert "zqshort" not in refused.stderr
    reported = run("accounts", "import", file, "--json", environment=SETTINGS)
    assert reported.returncode == 1
    answer = json.loads(reported.stdout)
    assert answer["created"] == 0
    assert [(each["line"], each["field"]) for each in answer["faults"]] == [
        (3, "password"),
        (4, "identifier"),
        (4, "role"),
    ]
    whole = f"{header}\r\n{good}\r\n"
    made = run("accounts", "import", "-", "--json", stdin=whole, environment=SETTINGS)
    assert json.loads(made.stdout) == {"created": 1, "updated": 0, "skipped": 0, "faults": []}
    assert "王老师" in run("accounts", "list", environment=SETTINGS).stdout


def test_a_file_of_accounts_that_others_can_read_is_warned_of(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade", environment=SETTINGS)
    file = tmp_path / "term.csv"
    file.write_text(f"identifier,password,role,display_name\ntom,{PASSWORD},teacher,\n", "utf-8")
    file.chmod(0o644)
    made = run("accounts", "import", file, environment=SETTINGS)
    assert made.returncode == 0
    assert "others can read it" in made.stderr


def test_a_file_of_accounts_that_is_not_there_is_wrong_usage(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    done = run("accounts", "import", "nowhere.csv", environment=SETTINGS)
    assert done.returncode == 2
    assert "nowhere.csv: there is no such file" in done.stderr


# Made by `printf '%s\n' … | base64 -w0`: 123456; zqmark zqmark; and a longer one, cut.
OLD_TABLE = """uid\tpwd\trole\tappid
tom\tMTIzNDU2Cg==\t1\t1400000001
amy\tMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Cg\t0\t1400000001
a.b\tenFtYXJrIHpxbWFyawo=\tenFtYXJrIHpxbWFyawo=\t1400000001
zoe\tMTIzNDU2Cg==\t0\t1400000002
"""


def test_old_accounts_are_imported_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade", environment=SETTINGS)
    file = tmp_path / "t_account.tsv"
    file.touch(mode=0o600)
    file.write_text(OLD_TABLE, "utf-8")
    refused = run("accounts", "import-legacy", file, environment=SETTINGS)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert [line.partition(":")[0] for line in refused.stderr.splitlines()] == [
        "line 3, pwd",
        "line 4, uid",
        "line 4, role",
        "line 5, appid",
        "nothing was imported",
    ]
    reported = run("accounts", "import-legacy", file, "--json", environment=SETTINGS)
    assert reported.returncode == 1
    answer = json.loads(reported.stdout)
    assert (answer["created"], answer["left_out"]) == (0, 0)
    assert answer["faults"][0].keys() == {"line", "field", "message"}
    assert run("accounts", "list", environment=SETTINGS).stdout == ""
    for done in (refused, reported):
        assert "zqmark" not in done.stdout + done.stderr
        assert "enFtYXJr" not in done.stdout + done.stderr


def test_old_accounts_with_faults_are_skipped_and_those_of_others_left_out(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    command = ("accounts", "import-legacy", "-", "--skip-faulty", "--sdk-app-id", "1400000001")
    made = run(*command, stdin=OLD_TABLE, environment=SETTINGS)
    assert (made.returncode, made.stdout) == (0, "1 account was created\n")
    assert [line.partition(":")[0] for line in made.stderr.splitlines()] == [
        "line 3, pwd",
        "line 4, uid",
        "line 4, role",
        "1 rows of other applications were skipped",
    ]
    assert run("accounts", "list", environment=SETTINGS).stdout == "tom\tteacher\tenabled\ttom\t1\n"
    again = run(*command, "--json", stdin=OLD_TABLE, environment=SETTINGS)
    assert again.returncode == 1
    answer = json.loads(again.stdout)
    assert (answer["created"], answer["left_out"]) == (0, 1)
    assert answer["faults"][0]["line"] == 2
    rows = json.loads(run("audit", "--json", environment=SETTINGS).stdout)["rows"]
    assert [row["rule"] for row in rows] == ["the command line: import from the 2017 backend"]


def test_faulty_file_of_old_accounts_is_refused_also_when_rows_are_skipped(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    command = ("accounts", "import-legacy", "-", "--skip-faulty")
    done = run(*command, stdin="uid\tpwd\n", environment=SETTINGS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "nothing was imported"
    assert run(*command, "--sdk-app-id", "0", environment=SETTINGS).returncode == 2


def test_an_account_is_deleted_and_its_number_is_reported(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    for name, role in (("root", "admin"), ("bob", "student")):
        run("accounts", "add", name, "--role", role, stdin=PASSWORD, environment=SETTINGS)
    deleted = run("accounts", "delete", "BOB", "--json", environment=SETTINGS)
    assert json.loads(deleted.stdout) == {"identifier": "BOB", "deleted": True, "account_id": 2}
    again = run("accounts", "delete", "bob", environment=SETTINGS)
    assert (again.returncode, again.stdout) == (1, "")
    assert "there is no such account" in again.stderr
    last = run("accounts", "delete", "root", environment=SETTINGS)
    assert last.returncode == 1
    assert "last enabled admin" in last.stderr
    listed = run("accounts", "list", environment=SETTINGS).stdout.splitlines()
    assert [line.partition("\t")[0] for line in listed] == ["root"]


def test_an_invitation_is_printed_and_bounds_are_reported(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    invite = ("accounts", "invite", "--role")
    printed = run(*invite, "teacher", environment=SETTINGS)
    assert printed.stdout.startswith("cgi_")
    assert "registration is closed" in printed.stderr
    by_invitation = {**SETTINGS, "CLASSGATE_ACCOUNTS__REGISTRATION": "invitation"}
    assert run(*invite, "student", environment=by_invitation).stderr == ""
    refused = run(*invite, "admin", "--uses", "2", environment=SETTINGS)
    assert refused.returncode == 1
    assert "uses" in refused.stderr


def test_a_second_account_of_the_same_name_in_another_case_is_refused(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    add = ("accounts", "add")
    first = run(*add, "tom", "--role", "teacher", stdin=PASSWORD, environment=SETTINGS)
    second = run(*add, "Tom", "--role", "teacher", stdin=PASSWORD, environment=SETTINGS)
    assert (first.returncode, second.returncode) == (0, 1)
    assert "is taken" in second.stderr


def test_a_weak_password_and_an_unknown_account_are_refused(run: Run) -> None:
    run("db", "upgrade", environment=SETTINGS)
    weak = run("accounts", "add", "tom", "--role", "teacher", stdin="1234567890\n",
               environment=SETTINGS)  # fmt: skip
    assert weak.returncode == 1
    assert "1234567890" not in weak.stderr
    assert run("accounts", "disable", "nobody", environment=SETTINGS).returncode == 1
