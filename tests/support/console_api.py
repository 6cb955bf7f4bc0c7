"""What the tests of the console do beside the page: calls of the API and of the emulator."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.support.console import Demo


@dataclass
class School:
    """The accounts of the demo, each with a session of its own."""

    demo: Demo
    tokens: dict[str, str] = field(default_factory=dict)

    def call(self, who: str, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of an answer, which has to be a success."""
        if who not in self.tokens:
            known = {"identifier": who, "password": self.demo.passwords[who]}
            opened = httpx.post(f"{self.demo.api}/v1/sessions", json=known)
            self.tokens[who] = opened.raise_for_status().json()["access_token"]
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        answer = httpx.request(method, f"{self.demo.api}{path}", headers=headers, json=body)
        return answer.raise_for_status().json() if answer.content else None

    def new_class(self, title: str, **roles: str) -> int:
        """Return the number of a class of tom's with these members."""
        members = [{"identifier": who, "role": role} for who, role in roles.items()]
        made = self.call("tom", "POST", "/v1/classrooms", {"title": title, "members": members})
        number = made["classroom_id"]
        assert isinstance(number, int)
        return number

    def courseware(self, who: str, classroom_id: int) -> list[dict[str, Any]]:
        """Return the files of a class, the newest first."""
        found = self.call(who, "GET", f"/v1/classrooms/{classroom_id}/courseware")
        items: list[dict[str, Any]] = found["items"]
        return items

    def control_emulator(self, name: str, values: dict[str, object]) -> None:
        """Make a control call of the emulator."""
        answer = httpx.post(f"{self.demo.emulator}/_emulator/{name}", json=values)
        answer.raise_for_status()
