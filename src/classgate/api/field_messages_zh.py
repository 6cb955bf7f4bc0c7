"""PURE DATA: messages about a field or a line in Chinese.

English ones are written where the field is read. One without a translation is shown in English.
"""

import re

_MESSAGES = {
    r"an identifier is 1 to 32 characters of .*": "用户 ID 为 1 到 32 个字符，"
    "只能用 A-Z、a-z、0-9、_ 和 -",
    r"as in line (\d+)": r"与第 \1 行重复",
    r"this is the identifier of IM's administrator.*": "这是 IM 管理员的用户 ID，不能用作账号",
    r"this identifier is taken.*": "这个用户 ID 已被占用（不区分大小写）",
    r"a password has (\d+) to (\d+) characters.*": r"密码为 \1 到 \2 个字符，用一句话作密码最好",
    r"a password has no control characters": "密码中不能有控制字符",
    r"this password is among the first that are tried.*": "这个密码太常见，请换一个",
    r"a password does not contain the identifier": "密码中不能含有用户 ID",
    r"expected at most (\d+) characters": r"最多 \1 个字符",
    r"expected 1 to (\d+) characters": r"应为 1 到 \1 个字符",
    r"control characters are not allowed here": "不能有控制字符或改变文字方向的字符",
    r"expected one of (.+)": r"应为 \1 之一",
    r"(\d+) fields expected, (\d+) found": r"应有 \1 列，实有 \2 列",
    r"a blank stands before the quotation mark; remove it": "引号前有空格，请删去",
    r"the first line has to be (.+)": r"第一行应为 \1",
    r"at most (\d+) accounts at once.*": r"一次最多 \1 个账号，请拆分文件",
    r"at most (\d+) lines at once.*": r"一次最多 \1 行，请拆分文件",
    r"there is no account below the first line": "第一行下面没有账号",
    r"is a workbook, not CSV.*": "是工作簿，不是 CSV；请在 Excel 中另存为“CSV UTF-8”",
    r"the file is larger than (\d+) MiB.*": r"文件超过 \1 MiB，请拆分",
    r"is not text in UTF-8.*": "不是 UTF-8 文本；请在 Excel 中另存为“CSV UTF-8”",
    r"is not CSV:.*": "不是 CSV：引号位置不对或没有成对，或某个单元格过长",
    r"has more than (\d+) commas.*": r"逗号等分隔符超过 \1 个",
    r"has a NUL in it": "含有空字符（NUL）",
}
_PATTERNS = {re.compile(pattern): chinese for pattern, chinese in _MESSAGES.items()}


def translate_field_message(message: str) -> str:
    """Return the message in Chinese, or as it is if it has no translation."""
    for pattern, chinese in _PATTERNS.items():
        found = pattern.fullmatch(message)
        if found is not None:
            return found.expand(chinese)
    return message
