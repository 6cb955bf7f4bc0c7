"""The second story of the demo: one lesson, its teacher on the API, a student with an old client.

It follows the first, whose people it needs.
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
    """The steps, and what they hand on to each other."""

    def __init__(self, scene: StoryContext) -> None:
        self._scene = scene
        self._emulator = EmulatorClient(scene.emulator)
        self._nobody = ApiClient(scene.api)
        self._tom = self._nobody
        self._amy = LegacyClient(scene.api, scene.settings.im.sdk_app_id)
        self._class_id = 0

    def steps(self) -> Steps:
        """What is told, in its order."""
        return [
            ("amy's old client logs in at its old address", self._log_in),
            ("It is refused what the old backend gave to anybody", self._try_known_attacks),
            ("tom makes an open lesson on the API; the old client sees it", self._make_lesson),
            ("tom starts it, amy comes in, and each sees the other", self._enter),
            ("A second device of tom takes the place of the first", self._replace_tom),
            ("amy uploads her homework into her own folder, and nowhere else", self._upload),
            ("tom throws amy out; her client does not get in again", self._kick),
            ("tom lets her in, the lesson ends for both, it is known who was there", self._end),
            ("The audit's chains verify", self._verify),
        ]

    def _log_in(self) -> str:
        given = _expect(0, self._amy.log_in("amy", self._scene.passwords["amy"]))
        require(given["role"] == 0 and not given["token"].startswith("0"), f"role {given['role']}")
        body = {
            "sdk_app_id": self._scene.settings.im.sdk_app_id,
            "identifier": "amy",
            "user_sig": given["userSig"],
        }
        code = self._emulator.ask("login", body)["code"]
        require(code == 0, f"the login check says {code}")
        beside = ApiClient(self._scene.api, given["token"]).call("GET", "/v1/me")
        require(beside.status == 401, f"its token opens the API: {beside}")
        return f"the login check says {code}; on the API its token is nothing: {beside.status}"

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
            "playing the cloud": amy.call("live", "idxfileendcall", **index)["ErrorCode"],
        }
        require(set(codes.values()) == {10101}, f"{codes}")
        return f"{', '.join(codes)}: each 10101"

    def _make_lesson(self) -> str:
        self._tom, _ = self._nobody.log_in("tom", self._scene.passwords["tom"])
        body = {"title": "Old and new · 新旧同堂", "open": True}
        made = expect(201, self._tom.call("POST", "/v1/classrooms", body))
        self._class_id = made["classroom_id"]
        listed = self._room()
        require(listed["state"] == 0 and listed["host_uid"] == "tom", f"{listed}")
        early = self._report(0)
        require(early == 10102, f"before the start: {early}")
        return (
            f"class {self._class_id}, state {listed['state']}; coming in before the start: {early}"
        )

    def _enter(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        expect(200, self._tom.call("POST", f"{path}/entry"))
        expect(200, self._tom.call("POST", f"{path}/start"))
        code = self._report(0)
        require(code == 0, f"amy comes in: {code}")
        beats = (
            expect(200, self._tom.call("POST", f"{path}/heartbeat"))["present"],
            self._amy.call("live", "heartbeat", roomnum=self._class_id)["errorCode"],
        )
        require(beats == (True, 0), f"heartbeats: {beats}")
        page = expect(200, self._tom.call("GET", f"{path}/members?online=true"))
        on_api = sorted(each["identifier"] for each in page["items"])
        fields = {"roomnum": self._class_id, "index": 0, "size": 50}
        here = _expect(0, self._amy.call("live", "roomidlist", **fields))
        on_door = sorted(each["id"] for each in here["idlist"])
        require(on_api == on_door == ["amy", "tom"], f"{on_api}, {on_door}")
        return f"on the API {', '.join(on_api)}; at the old address {', '.join(on_door)}"

    def _replace_tom(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        second, _ = self._nobody.log_in("tom", self._scene.passwords["tom"])
        expect(200, second.call("POST", f"{path}/entry"))
        first = expect(200, self._tom.call("POST", f"{path}/heartbeat"))["present"]
        now = expect(200, second.call("POST", f"{path}/heartbeat"))["present"]
        require((first, now) == (False, True), f"first {first}, second {now}")
        self._tom = second
        return f"present: the first {first}, the second {now}"

    def _upload(self) -> str:
        given = _expect(0, self._amy.call("cos", "get_sign", type=0))
        app_id = self._scene.settings.cos.app_id
        store = f"{self._scene.emulator}/files/v2/{app_id}/{given['bucket']}"
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
        require(codes == (10101, 10101), f"coming in, heartbeat: {codes}")
        return f"coming in: {codes[0]}, heartbeat: {codes[1]}"

    def _end(self) -> str:
        path = f"/v1/classrooms/{self._class_id}"
        expect(200, self._tom.call("PUT", f"{path}/members/amy", {"role": "student"}))
        require(self._report(0) == 0, "amy does not get in again")
        expect(200, self._tom.call("POST", f"{path}/end"))
        state, late = self._room()["state"], self._report(0)
        require((state, late) == (2, 10102), f"state {state}, coming in {late}")
        rows = expect(200, self._tom.call("GET", f"{path}/attendance"))["items"]
        told = [f"{each['identifier']} ({each['leave_reason']})" for each in rows]
        wanted = ["tom (entered_elsewhere)", "amy (kicked)", "tom (class_ended)"]
        require(told == [*wanted, "amy (class_ended)"], f"{told}")
        return f"state {state}; {', '.join(told)}"

    def _verify(self) -> str:
        verdict = self._scene.verify_audit()
        require(not verdict.faults, f"{verdict.faults}")
        return f"{verdict.rows} rows, {verdict.chains} chains unbroken"

    # ── small parts ─────────────────────────────────────────────────────────────────────────────

    def _report(self, operate: int) -> int:
        """Whether amy's client may come in (0) or leave (1)."""
        answer = self._amy.call(
            "live", "reportmemid", roomnum=self._class_id, operate=operate, role=2, id="amy"
        )
        return int(answer["errorCode"])

    def _room(self) -> Json:
        """The class as amy's client sees it in its list."""
        fields = {"roomnum": self._class_id, "index": 0, "size": 10}
        data = _expect(0, self._amy.call("live", "roomlist", **fields))
        room: Json = data["rooms"][0]
        return room


def _expect(code: int, answer: Json) -> Json:
    require(answer["errorCode"] == code, f"{answer['errorCode']} instead of {code}: {answer}")
    data: Json = answer.get("data", {})
    return data
