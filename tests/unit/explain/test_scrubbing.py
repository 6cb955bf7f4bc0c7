"""Secrets are hidden in every part of an explanation."""

from classgate.explain.models import Cause, Check, Explanation, Kind
from classgate.explain.scrubbing import scrub

SECRET = "a+secret/of=someone"
ENCODED = "a%2Bsecret%2Fof%3Dsomeone"


def test_secret_is_hidden_wherever_it_stands() -> None:
    explanation = Explanation(
        kind=Kind.COS_V5,
        content={"a": SECRET, "b": [f"x{SECRET}"], "c": {"d": (ENCODED, 7, None)}},
        checks=[Check("format", ok=True, detail=f"with {SECRET}")],
        causes=[Cause("expired", ENCODED, SECRET)],
        comparison=[f"> {ENCODED}"],
    )
    shown = str(scrub(explanation, [SECRET]).to_json())
    assert "(hidden)" in shown
    assert SECRET not in shown
    assert ENCODED not in shown


def test_short_texts_hide_nothing() -> None:
    explanation = Explanation(kind=Kind.COS_V5, content={"method": "PUT"})
    assert scrub(explanation, ["", "PUT", "x"]).content == {"method": "PUT"}
