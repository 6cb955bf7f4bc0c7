"""The first story of the demo: a class, from its accounts to its audit.

Official clients act for the school: the COS SDK uploads, the STS client requests keys. The emulator
verifies every credential, so that each step can fail.
"""

import os
import time
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import requests

from classgate.cli.demo.clients import (
    ApiClient,
    CosSdkClient,
    EmulatorClient,
    Json,
    ask_sts,
    json_api_upload,
)
from classgate.cli.demo.progress import ProgressBar
from classgate.cli.demo.story_context import (
    Steps,
    StoryContext,
    UnexpectedOutcome,
    expect,
    require,
)
from classgate.signing.cos_policy import policy_for_object
from classgate.signing.user_sig import issue_user_sig

FILE_SIZE = 20 * 1024 * 1024
_HOUR = 3600
_OUT_WITHIN = 30  # seconds; two are usual
_ISSUED_IN_CLASS = {
    "entry_issued": 3,
    "upload_credentials_issued": 1,
    "cos_signature_issued": 2,
    "downloads_issued": 2,
}


class ClassStory:
    """The steps of the story, and their shared state."""

    def __init__(self, context: StoryContext, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._emulator = EmulatorClient(context.emulator)
        self._nobody = ApiClient(context.api)
        self._clients: dict[str, ApiClient] = {}
        self._user_sig: Json = {}
        self._class_id = 0
        self._grant: Json = {}
        self._leases: list[str] = []
        self._content = b""

    def steps(self) -> Steps:
        """Return the steps, in order."""
        return [
            ("An admin imports teacher tom and two students", self._import_accounts),
            ("tom logs in and gets his UserSig", self._log_in),
            (
                "The login check accepts only the unaltered, current UserSig",
                self._check_user_sig,
            ),
            ("An application with a key file gets version 1", self._check_version_1),
            ("tom opens a class with a roster and gets his entry credentials", self._open_class),
            ("A student gets fewer privileges, a stranger is refused", self._enter_class),
            ("tom uploads a file of 20 MiB in parts with temporary keys", self._upload),
            ("The same keys are refused for another key", self._try_another_key),
            ("The same keys are refused after their expiry", self._try_expired_keys),
            ("STS answers the official client and refuses a wrong secret", self._ask_sts),
            ("A student who asks to upload is refused", self._refuse_student),
            ("A single-use signature uploads once", self._use_once),
            ("A reusable signature works until it expires", self._use_again),
            ("The upload is completed; the student downloads it", self._download),
            ("tom kicks amy: she is out of the room, and stays out", self._throw_out),
            ("The class ends, and nobody can enter", self._end_class),
            ("The audit shows every grant, and its chains verify", self._read_audit),
        ]

    # ── accounts and UserSig ────────────────────────────────────────────────────────────────────

    def _import_accounts(self) -> str:
        admin, _ = self._nobody.log_in("admin", self._context.passwords["admin"])
        self._clients["admin"] = admin
        roles = {"tom": "teacher", "amy": "student", "bob": "student"}
        accounts = [
            {"identifier": each, "password": self._context.passwords[each], "role": role}
            for each, role in roles.items()
        ]
        answer = expect(200, admin.call("POST", "/v1/admin/accounts", {"accounts": accounts}))
        outcomes = {each["identifier"]: each.get("code", "") for each in answer["results"]}
        require(set(outcomes.values()) <= {"", "conflict"}, f"{outcomes}")
        return ", ".join(f"{each}: {code or 'created'}" for each, code in outcomes.items())

    def _log_in(self) -> str:
        for identifier in ("tom", "amy", "bob"):
            client, given = self._nobody.log_in(identifier, self._context.passwords[identifier])
            self._clients[identifier] = client
            self._leases.append(given["user_sig"]["lease_id"])
            if identifier == "tom":
                self._user_sig = given["user_sig"]
        lifetime = self._user_sig["expires_at"] - self._user_sig["issued_at"]
        return f"{self._user_sig['user_sig'][:24]}… for {lifetime // _HOUR} hours"

    def _check_user_sig(self) -> str:
        token = self._user_sig["user_sig"]
        middle = len(token) // 2
        altered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
        codes = {
            "as given": self._login_code(token),
            "altered": self._login_code(altered),
            "under another name": self._login_code(token, identifier="amy"),
        }
        with self._emulator.clock_ahead(25 * _HOUR):
            codes["expired"] = self._login_code(token)
        require(codes["as given"] == 0, f"codes {codes}")
        require(codes["altered"] in {70003, 70009}, f"codes {codes}")
        require(codes["under another name"] == 70013, f"codes {codes}")
        require(codes["expired"] == 70001, f"codes {codes}")
        return ", ".join(f"{case}: {code}" for case, code in codes.items())

    def _check_version_1(self) -> str:
        token = issue_user_sig(
            self._context.key_file,
            sdk_app_id=self._context.settings.im.sdk_app_id,
            identifier="tom",
            issued_at=datetime.now(UTC),
            lifetime=timedelta(hours=24),
        )
        code = self._login_code(token)
        require(code == 0, f"code {code}")
        return f"{token[:24]}… signed with ECDSA over {self._context.key_file.curve}: {code}"

    def _login_code(self, token: str, identifier: str = "tom") -> int:
        answer = self._emulator.ask(
            "login",
            {
                "sdk_app_id": self._context.settings.im.sdk_app_id,
                "identifier": identifier,
                "user_sig": token,
            },
        )
        return int(answer["code"])

    # ── the class ───────────────────────────────────────────────────────────────────────────────

    def _open_class(self) -> str:
        roster = [{"identifier": "amy", "role": "student"}]
        body = {"title": "Story time · 故事课", "members": roster}
        answer = expect(201, self._clients["tom"].call("POST", "/v1/classrooms", body))
        self._class_id = answer["classroom_id"]
        seen = self._room_check(self._enter("tom"))
        require(seen == {"code": 0, "privilege_map": 255}, f"the room check returns {seen}")
        return f"class and room {self._class_id}; the privilege map is {seen['privilege_map']}"

    def _enter_class(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        early = self._clients["amy"].call("POST", f"{path}/entry")
        require(early.status == 409, f"before the start: {early}")
        expect(200, self._clients["tom"].call("POST", f"{path}/start"))
        seen = self._room_check(self._enter("amy"))
        require(seen == {"code": 0, "privilege_map": 170}, f"the room check returns {seen}")
        stranger = self._clients["bob"].call("POST", f"{path}/entry")
        require(stranger.status == 404, f"the stranger: {stranger}")
        return (
            f"amy before the start: {early.status}, after it: {seen['privilege_map']}; "
            f"bob: {stranger.status} {stranger.body['code']}"
        )

    def _enter(self, identifier: str) -> Json:
        path = f"/v1/classrooms/{self._class_id}/entry"
        credentials = expect(200, self._clients[identifier].call("POST", path))
        self._leases.append(credentials["lease_id"])
        return credentials

    def _room_check(self, credentials: Json) -> Json:
        names = ("sdk_app_id", "identifier", "user_sig", "private_map_key", "room_id")
        answer = self._emulator.ask("enter-room", {name: credentials[name] for name in names})
        return {name: answer.get(name) for name in ("code", "privilege_map")}

    # ── uploads with temporary keys ─────────────────────────────────────────────────────────────

    def _upload(self) -> str:
        self._content = os.urandom(FILE_SIZE)
        file = self._folder / "lesson.pdf"
        file.write_bytes(self._content)
        body = {
            "file_name": "第一课 lesson.pdf",
            "size": FILE_SIZE,
            "content_type": "application/pdf",
        }
        path = f"/v1/classrooms/{self._class_id}/uploads"
        self._grant = expect(201, self._clients["tom"].call("POST", path, body))
        self._leases.append(self._grant["lease_id"])
        with ProgressBar(FILE_SIZE) as advance:
            self._cos().upload_in_parts(self._grant["object_key"], file, advance)
        return f"{FILE_SIZE} bytes to {self._grant['object_key']}"

    def _try_another_key(self) -> str:
        other = f"classes/{self._class_id}/somebody-elses/file.pdf"
        code = self._cos().refusal_of(other)
        require(code == "AccessDenied", f"the store answers {code}")
        return f"the store answers {code}"

    def _try_expired_keys(self) -> str:
        lifetime = self._grant["expiredTime"] - self._grant["startTime"]
        with self._emulator.clock_ahead(lifetime + 60):
            code = self._cos().refusal_of(self._grant["object_key"])
        require(code in {"ExpiredToken", "AccessDenied"}, f"the store answers {code}")
        return f"the store answers {code}"

    def _ask_sts(self) -> str:
        cloud, cos = self._context.settings.cloud, self._context.settings.cos
        policy = policy_for_object(
            region=cos.region,
            cloud_app_id=cos.app_id,
            bucket=cos.bucket,
            object_key="demo/official-client.txt",
        )
        encoded, secret_id = quote(policy.to_wire()), cloud.secret_id.get_secret_value()
        right = ask_sts(
            self._context.emulator,
            cos.region,
            secret_id,
            cloud.secret_key.get_secret_value(),
            encoded,
        )
        wrong = ask_sts(self._context.emulator, cos.region, secret_id, "not the secret", encoded)
        require(right is None, f"STS answers {right}")
        require(wrong == "AuthFailure.SignatureFailure", f"STS answers {wrong}")
        return f"right secret: keys; wrong secret: {wrong}"

    def _refuse_student(self) -> str:
        amy, path = self._clients["amy"], f"/v1/classrooms/{self._class_id}"
        body = {"file_name": "mine.pdf", "size": 1, "content_type": "application/pdf"}
        answers = [
            amy.call("POST", f"{path}/uploads", body),
            amy.call("POST", f"{path}/upload-credentials"),
            amy.call("POST", "/v1/cos/signature", self._signature_body("single_use", "mine.pdf")),
        ]
        require(all(each.status == 403 for each in answers), f"{answers}")
        return ", ".join(f"{each.status} {each.body['code']}" for each in answers)

    def _cos(self) -> CosSdkClient:
        return CosSdkClient(self._context.emulator, self._grant["region"], self._grant)

    # ── signatures of the JSON API ──────────────────────────────────────────────────────────────

    def _use_once(self) -> str:
        grant = self._signature("single_use", "once.txt")
        codes = [self._send(grant, content) for content in (b"once", b"twice")]
        require(codes[0] == 0 and codes[1] != 0, f"codes {codes}")
        return f"first: {codes[0]}, second: {codes[1]}"

    def _use_again(self) -> str:
        grant = self._signature("reusable", "again.txt")
        codes = [self._send(grant, content) for content in (b"one", b"two", b"three")]
        lifetime = self._context.settings.cos.signature_lifetime
        with self._emulator.clock_ahead(int(lifetime.total_seconds()) + 60):
            late = self._send(grant, b"late")
        require(codes == [0, 0, 0] and late != 0, f"codes {codes}, late {late}")
        return f"three times: {codes}, after its expiry: {late}"

    def _signature(self, kind: str, name: str) -> Json:
        body = self._signature_body(kind, name)
        return expect(200, self._clients["tom"].call("POST", "/v1/cos/signature", body))

    def _send(self, grant: Json, content: bytes) -> int:
        return json_api_upload(grant["upload_url"], grant["sign"], content)

    def _signature_body(self, kind: str, name: str) -> Json:
        return {"type": kind, "file_path": f"/classes/{self._class_id}/direct/{name}"}

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def _download(self) -> str:
        tom, amy = self._clients["tom"], self._clients["amy"]
        expect(200, tom.call("POST", f"/v1/uploads/{self._grant['upload_id']}/complete"))
        listed = expect(200, amy.call("GET", f"/v1/classrooms/{self._class_id}/courseware"))
        reply = requests.get(listed["items"][0]["download_url"], timeout=60)
        require(reply.status_code == 200, f"the store answers {reply.status_code}")
        require(reply.content == self._content, "the downloaded bytes differ")
        disposition = reply.headers["Content-Disposition"]
        require(disposition.startswith("attachment"), f"the disposition is {disposition}")
        return f"{len(reply.content)} bytes, equal (crc32 {zlib.crc32(reply.content):08x})"

    def _throw_out(self) -> str:
        credentials = self._enter("amy")
        seen = self._room_check(credentials)
        require(seen["code"] == 0, f"the room check returns {seen}")
        member = f"/v1/classrooms/{self._class_id}/members/amy"
        expect(204, self._clients["tom"].call("POST", f"{member}/kick"))
        first = self._wait_until_out("amy")
        # A PrivateMapKey cannot be revoked: it opens the room until it expires.
        seen = self._room_check(credentials)
        require(seen["code"] == 0, f"the room check of the old PrivateMapKey returns {seen}")
        again = self._wait_until_out("amy")
        expect(200, self._clients["tom"].call("PUT", member, {"role": "student"}))
        return f"out after {first:.1f} s; back with her old key, out after {again:.1f} s"

    def _wait_until_out(self, identifier: str) -> float:
        """Wait until the person is in no room; return the seconds."""
        started = time.monotonic()
        while (waited := time.monotonic() - started) < _OUT_WITHIN:
            rooms = requests.get(f"{self._context.emulator}/_emulator/rooms", timeout=60).json()
            users = [user for room in rooms["items"] for user in room["users"]]
            if identifier not in {user["identifier"] for user in users}:
                return waited
            time.sleep(0.05)
        raise UnexpectedOutcome(f"{identifier} is still in the room")

    def _end_class(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        expect(200, self._clients["tom"].call("POST", f"{path}/end"))
        late = [self._clients[each].call("POST", f"{path}/entry") for each in ("tom", "amy")]
        late.append(self._clients["tom"].call("POST", f"{path}/upload-credentials"))
        require(all(each.status == 409 for each in late), f"{late}")
        return ", ".join(f"{each.status} {each.body['code']}" for each in late)

    def _read_audit(self) -> str:
        rows: list[Json] = []
        cursor = ""
        while cursor is not None:
            path = f"/v1/admin/audit?limit=100{cursor and f'&cursor={cursor}'}"
            page = expect(200, self._clients["admin"].call("GET", path))
            rows += page["items"]
            cursor = page["next_cursor"]
        issued = [row for row in rows if row["event"].endswith("_issued")]
        missing = set(self._leases) - {row["lease_id"] for row in issued}
        require(not missing, f"{len(missing)} grants are not in the audit")
        here = Counter(row["event"] for row in issued if row["classroom_id"] == self._class_id)
        require(here == _ISSUED_IN_CLASS, f"issued in the class: {dict(here)}")
        result = self._context.verify_audit()
        require(not result.faults, f"{result.faults}")
        counts = ", ".join(f"{event}: {count}" for event, count in sorted(here.items()))
        return f"in the class {counts}; {result.rows} rows, {result.chains} chains verify"
