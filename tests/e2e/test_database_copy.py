"""`db copy` as an operator calls it: the address by stdin, its password nowhere."""

import json

from tests.support.postgresql_server import running_server
from tests.support.program import PASSWORD, SETTINGS, Run


def test_school_is_copied_without_a_word_of_its_password(run: Run) -> None:
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    add = ("accounts", "add", "tom", "--role", "teacher")
    assert run(*add, stdin=PASSWORD + "\n", environment=SETTINGS).returncode == 0
    copy = ("db", "copy", "sqlite:///classgate.db", "-")

    nowhere = "postgresql://classgate:half-secret@127.0.0.1:9/classgate\n"
    failed = run(*copy, stdin=nowhere, environment=SETTINGS)
    assert failed.returncode == 1
    assert "TO: postgresql://127.0.0.1:9/classgate cannot be used" in failed.stderr
    assert "half-secret" not in failed.stdout + failed.stderr

    with running_server() as server:
        target = server.new()
        done = run(*copy, "--json", stdin=f"{target}\n", environment=SETTINGS)
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert result["source_is_marked"]
        assert {"name": "accounts", "rows": 1}.items() <= result["tables"][0].items()

    refused = run("serve", "--port", "0", environment=SETTINGS)
    assert refused.returncode == 2
    assert "classgate db reopen" in refused.stderr
    # It would say that nobody can log in with the account, and at the server everybody could.
    refused = run("accounts", "disable", "root", environment=SETTINGS)
    assert refused.returncode == 2
    assert "set database.url to the server" in refused.stderr
