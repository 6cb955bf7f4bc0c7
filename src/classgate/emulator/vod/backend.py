"""What videos there are, and what DescribeVodInfo and GetVideoInfo say of them.

The catalogue is fixed: a recorded lesson that can be played, and one that is being transcoded.
Sources: the documents of DescribeVodInfo (266/7823) and GetVideoInfo (266/8586).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from classgate.emulator.vod import errors as codes
from classgate.emulator.vod.calls import VodCall
from classgate.emulator.vod.errors import VodError

_CHINA: Final = timezone(timedelta(hours=8))
_NORMAL, _TRANSCODING = 2, 4
_INFORMATION = ("basicInfo", "metaData", "transcodeInfo")
_WIDTH, _HEIGHT, _BITRATE = 1280, 720, 563_477


@dataclass(frozen=True)
class Video:
    """A video of the account."""

    file_id: str
    name: str
    size: int
    seconds: int
    status: int
    created_at: datetime

    @property
    def url(self) -> str:
        return f"http://1250000000.vod2.myqcloud.com/{self.file_id}/f0.mp4"


CATALOGUE: Final = (
    Video(
        file_id="7447398154966722001",
        name="函数 第一课",
        size=7_865_592,
        seconds=147,
        status=_NORMAL,
        created_at=datetime(2026, 3, 2, 0, 30, tzinfo=UTC),
    ),
    Video(
        file_id="7447398154966722002",
        name="函数 第二课",
        size=10_897_890,
        seconds=2700,
        status=_TRANSCODING,
        created_at=datetime(2026, 3, 9, 0, 30, tzinfo=UTC),
    ),
)


class VodBackend:
    """Answers the read-only actions."""

    def __init__(self, catalogue: Sequence[Video] = CATALOGUE) -> None:
        self._catalogue = catalogue
        self._actions: Mapping[str, Callable[[VodCall], dict[str, Any]]] = {
            "DescribeVodInfo": self._describe_vod_info,
            "GetVideoInfo": self._get_video_info,
        }

    def answer(self, call: VodCall) -> dict[str, Any]:
        """Return the answer of an action, without `code` and `message`. Raises `VodError`.

        Unknown: what the cloud answers to an unknown action; here it is 4000.
        Unknown: whether Region is required; here it is ignored.
        """
        action = self._actions.get(call.action)
        if action is None:
            raise VodError(codes.BAD_PARAMETER, "the Action is not implemented")
        return action(call)

    def _describe_vod_info(self, call: VodCall) -> dict[str, Any]:
        """Return a page of the videos, optionally with these ids or this status.

        Differs: `from`, `to`, `classId` and `orderby` are ignored; the newest comes first.
        Unknown: what the cloud answers when an id does not exist; here it is 10008, which the
        document lists, and not a shorter list.
        """
        file_ids = call.numbered("fileIds")
        found = [self._get(each) for each in file_ids] if file_ids else list(self._catalogue)
        if (status := call.get("status")) is not None:
            wanted = _number(status, -1, 100)
            found = [video for video in found if video.status == wanted]
        found.sort(key=lambda video: video.created_at, reverse=True)
        size = _number(call.get("pageSize") or "10", 10, 100)
        first = (_number(call.get("pageNo") or "1", 1, 10_000) - 1) * size
        return {
            "totalCount": len(found),
            "fileSet": [_listed(video) for video in found[first : first + size]],
        }

    def _get_video_info(self, call: VodCall) -> dict[str, Any]:
        """Return the information of one video, or the parts that `infoFilter.n` names.

        Differs: `drm`, snapshots, sprites and key frames are left out; no video here has any.
        """
        if not (file_id := call.get("fileId")):
            raise VodError(codes.INVALID_VALUE, "fileId is missing")
        known = _information(self._get(file_id))
        wanted = call.numbered("infoFilter") or list(_INFORMATION)
        return {name: known[name] for name in wanted if name in known}

    def _get(self, file_id: str) -> Video:
        for video in self._catalogue:
            if video.file_id == file_id:
                return video
        raise VodError(codes.NO_SUCH_FILE, "the file does not exist")


def _listed(video: Video) -> dict[str, Any]:
    """Format a video for DescribeVodInfo: numbers are strings, times are in China's time zone."""
    time = video.created_at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "fileId": video.file_id,
        "fileName": video.name,
        "fileIntro": "",
        "size": str(video.size),
        "duration": str(video.seconds),
        "status": str(video.status),
        "vid": f"1200_{video.file_id}",
        "createTime": time,
        "updateTime": time,
        "classId": "0",
        "className": "其他",
        "imageUrl": "",
        "tags": [],
        "description": "",
    }


def _information(video: Video) -> dict[str, Any]:
    """Format a video for GetVideoInfo; only a playable one has a transcoding."""
    created = int(video.created_at.timestamp())
    shape = {"width": _WIDTH, "height": _HEIGHT, "bitrate": _BITRATE, "duration": video.seconds}
    information: dict[str, Any] = {
        "basicInfo": {
            "name": video.name,
            "size": video.size,
            "duration": video.seconds,
            "description": "",
            "status": "normal",
            "createTime": created,
            "updateTime": created,
            "classificationId": 0,
            "classificationName": "其他",
            "coverUrl": "",
            "type": "mp4",
            "sourceVideoUrl": video.url,
        },
        "metaData": {"size": video.size, "container": "mp4", **shape},
    }
    if video.status == _NORMAL:
        original = {"url": video.url, "definition": 0, "container": "mp4", "size": video.size}
        information["transcodeInfo"] = {"transcodeList": [original | shape]}
    return information


def _number(text: str, minimum: int, maximum: int) -> int:
    digits = text.removeprefix("-")
    if (
        digits.isascii()
        and digits.isdigit()
        and len(digits) < 8
        and minimum <= int(text) <= maximum
    ):
        return int(text)
    raise VodError(codes.INVALID_VALUE, "a number is malformed or out of range")
