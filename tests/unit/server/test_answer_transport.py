"""The head of an answer leaves with the first piece of its body, and alone if there is none."""

from typing import Any

from classgate.server.bounded_http import _AnswerTransport


class Recorder:
    """A transport that says what it was told."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def close(self) -> None:
        self.calls.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.calls


def answer_over(recorder: Any) -> _AnswerTransport:
    return _AnswerTransport(recorder)


def test_head_leaves_with_the_first_piece_and_the_others_at_once() -> None:
    recorder = Recorder()
    answer = answer_over(recorder)
    answer.write(b"head")
    assert recorder.calls == []
    answer.write(b" one")
    answer.write(b" two")
    answer.flush()
    assert recorder.calls == [b"head one", b" two"]


def test_an_interim_answer_does_not_wait() -> None:
    recorder = Recorder()
    answer = answer_over(recorder)
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    answer.write(interim)
    assert recorder.calls == [interim]
    answer.write(b"head")
    answer.write(b" body")
    assert recorder.calls == [interim, b"head body"]


def test_head_without_a_body_leaves_when_the_answer_is_complete() -> None:
    recorder = Recorder()
    answer = answer_over(recorder)
    answer.write(b"head")
    answer.flush()
    answer.flush()
    assert recorder.calls == [b"head"]


def test_nothing_is_lost_when_the_connection_is_closed() -> None:
    recorder = Recorder()
    answer = answer_over(recorder)
    answer.write(b"head")
    assert not answer.is_closing()
    answer.close()
    assert recorder.calls == [b"head", "closed"]
    assert answer.is_closing()
