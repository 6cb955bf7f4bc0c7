"""The second story of the demo: a lesson with a teacher on the HTTP API and a legacy client.

It uses the accounts of the first story.
"""

from urllib.parse import urlsplit

from classgate.cli.demo.clients import (
    ApiClient,
    EmulatorClient,
    Json,
    LegacyClient,
    json_api_upload,
)
from classgate.cli.demo.story_context import (
    Steps,
    StoryContext,
    expect,
    require,
)


class LessonStory:
    """The steps of the story, and their shared state."""

    def __init__(self, context: StoryContext) -> None:
        self._context = context
        self._emulator = EmulatorClient(context.emulator)
        self._nobody = ApiClient(context.api)
        self._tom = self._nobody
        self._amy = LegacyClient(context.api, context.settings.im.sdk_app_id)
        self._class_id = 0

    def steps(self) -> Steps:
        """Return the steps, in order."""
        return [
            ("amy's legacy client logs in with the legacy API", self._log_in),
            ("What the 2017 backend granted to anybody is refused", self._try_known_attacks),
            ("tom creates an open lesson; the legacy client lists it", self._make_lesson),
            ("tom starts it, amy enters, and each sees the other", self._enter),
            ("A second device of tom replaces the first", self._replace_tom),
            ("amy uploads her homework into her own folder, and nowhere else", self._upload),
            ("tom kicks amy; her client cannot enter again", self._kick),
            ("tom readmits her, the lesson ends, the attendance lists both", self._end),
            ("The audit's chains verify", self._verify),
        ]

    def _log_in(self) -> str:
        given = _expect(0, self._amy.log_in("amy", self._context.passwords["amy"]))
        require(given["role"] == 0 and not given["token"].startswith("0"), f"role {given['role']}")
        body = {
            "sdk_app_id": self._context.settings.im.sdk_app_id,
            "identifier": "amy",
            "user_sig": given["userSig"],
        }
        code = self._emulator.ask("login", body)["code"]
        require(code == 0, f"the login check returns {code}")
        on_api = ApiClient(self._context.api, given["token"]).call("GET", "/v1/me")
        require(on_api.status == 401, f"the HTTP API accepts its token: {on_api}")
        return f"the login check returns {code}; the HTTP API refuses its token: {on_api.status}"

    def _try_known_attacks(self) -> str:
        amy = self._amy
        index: dict[str, object] = {
            "SrcRequest": '{"GroupId": "1"}',
            "ErrorCode": 0,
            "ErrorInfo": "",
            "ReplayIndex": {"FileUrl": "https://replays.example/1", "CreateTime": 1},
        }
        codes = {
            "a class": amy.call("live", "create", title="mine")["errorCode"],
            "another bucket": amy.call("cos", "get_sign", type=0, bucket="other")["errorCode"],
            "bob's folder": amy.call("cos", "get_sign", type=1, file_path="/users/bob/a")[
                "errorCode"
            ],
            "a video signature": amy.call("vod", "get_client_sign")["errorCode"],
            "a forged callback": amy.call("live", "idxfileendcall", **index)["ErrorCode"],
        }
        require(set(codes.values()) == {10101}, f"{codes}")
        return f"{', '.join(codes)}: each 10101"

    def _make_lesson(self) -> str:
        self._tom, _ = self._nobody.log_in("tom", self._context.passwords["tom"])
        body = {"title": "Old and new · 新旧同堂", "open": True}
        created = expect(201, self._tom.call("POST", "/v1/classrooms", body))
        self._class_id = created["classroom_id"]
        listed = self._room()
        require(listed["state"] == 0 and listed["host_uid"] == "tom", f"{listed}")
        early = self._report(0)
        require(early == 10102, f"before the start: {early}")
        return (
            f"class {self._class_id}, state {listed['state']}; entering before the start: {early}"
        )

    def _enter(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        expect(200, self._tom.call("POST", f"{path}/entry"))
        expect(200, self._tom.call("POST", f"{path}/start"))
        code = self._report(0)
        require(code == 0, f"amy enters: {code}")
        heartbeats = (
            expect(200, self._tom.call("POST", f"{path}/heartbeat"))["present"],
            self._amy.call("live", "heartbeat", roomnum=self._class_id)["errorCode"],
        )
        require(heartbeats == (True, 0), f"heartbeats: {heartbeats}")
        page = expect(200, self._tom.call("GET", f"{path}/members?online=true"))
        on_api = sorted(each["identifier"] for each in page["items"])
        fields = {"roomnum": self._class_id, "index": 0, "size": 50}
        present = _expect(0, self._amy.call("live", "roomidlist", **fields))
        on_legacy = sorted(each["id"] for each in present["idlist"])
        require(on_api == on_legacy == ["amy", "tom"], f"{on_api}, {on_legacy}")
        return f"HTTP API: {', '.join(on_api)}; legacy API: {', '.join(on_legacy)}"

    def _replace_tom(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        second, _ = self._nobody.log_in("tom", self._context.passwords["tom"])
        expect(200, second.call("POST", f"{path}/entry"))
        first = expect(200, self._tom.call("POST", f"{path}/heartbeat"))["present"]
        now = expect(200, second.call("POST", f"{path}/heartbeat"))["present"]
        require((first, now) == (False, True), f"first {first}, second {now}")
        self._tom = second
        return f"present: the first {first}, the second {now}"

    def _upload(self) -> str:
        given = _expect(0, self._amy.call("cos", "get_sign", type=0))
        app_id = self._context.settings.cos.app_id
        store = f"{self._context.emulator}/files/v2/{app_id}/{given['bucket']}"
        codes = [
            json_api_upload(f"{store}{path}", given["sign"], b"2 + 2 = 4")
            for path in ("/users/amy/homework.txt", "/users/bob/homework.txt", "/homework.txt")
        ]
        require(codes[0] == 0 and 0 not in codes[1:], f"codes {codes}")
        host = urlsplit(store).path
        return f"below {host}/users/amy/: {codes[0]}; elsewhere: {codes[1]}, {codes[2]}"

    def _kick(self) -> str:
        kick = f"/v1/classrooms/{self._class_id}/members/amy/kick"
        expect(204, self._tom.call("POST", kick))
        codes = (
            self._report(0),
            self._amy.call("live", "heartbeat", roomnum=self._class_id)["errorCode"],
        )
        require(codes == (10101, 10101), f"entering, heartbeat: {codes}")
        return f"entering: {codes[0]}, heartbeat: {codes[1]}"

    def _end(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        expect(200, self._tom.call("PUT", f"{path}/members/amy", {"role": "student"}))
        require(self._report(0) == 0, "amy cannot enter again")
        expect(200, self._tom.call("POST", f"{path}/end"))
        state, late = self._room()["state"], self._report(0)
        require((state, late) == (2, 10102), f"state {state}, entering {late}")
        rows = expect(200, self._tom.call("GET", f"{path}/attendance"))["items"]
        stays = [f"{each['identifier']} ({each['leave_reason']})" for each in rows]
        expected = ["tom (entered_elsewhere)", "amy (kicked)", "tom (class_ended)"]
        require(stays == [*expected, "amy (class_ended)"], f"{stays}")
        return f"state {state}; {', '.join(stays)}"

    def _verify(self) -> str:
        result = self._context.verify_audit()
        require(not result.faults, f"{result.faults}")
        return f"{result.rows} rows, {result.chains} chains verify"

    # ── helpers ─────────────────────────────────────────────────────────────────────────────────

    def _report(self, operate: int) -> int:
        """Report that amy enters (0) or leaves (1); return the `errorCode`."""
        answer = self._amy.call(
            "live", "reportmemid", roomnum=self._class_id, operate=operate, role=2, id="amy"
        )
        return int(answer["errorCode"])

    def _room(self) -> Json:
        """Return the class in the list of amy's client."""
        fields = {"roomnum": self._class_id, "index": 0, "size": 10}
        data = _expect(0, self._amy.call("live", "roomlist", **fields))
        room: Json = data["rooms"][0]
        return room


def _expect(code: int, answer: Json) -> Json:
    require(answer["errorCode"] == code, f"{answer['errorCode']} instead of {code}: {answer}")
    data: Json = answer.get("data", {})
    return data
