"""PURE DATA: messages about a field or a line in Chinese.

English ones are written where the field is read. One without a translation is shown in English.
"""

import re

_MESSAGES = {
    # the parser of JSON and of queries: the shape of a value
    r"Expected `str` of length <= (\d+)": r"最多 \1 个字符",
    r"Expected `str` of length >= (\d+)": r"至少 \1 个字符",
    r"Expected `array` of length <= (\d+)": r"最多 \1 项",
    r"Expected `array` of length >= (\d+)": r"至少 \1 项",
    r"Expected `str` matching regex .*": "含有不允许的字符",
    r"Expected `int` >= (-?\d+)": r"应为不小于 \1 的整数",
    r"Expected `int` <= (-?\d+)": r"应为不大于 \1 的整数",
    r"Expected `([^`]+)`, got `([^`]+)`": r"类型应为 \1，实为 \2",
    r"Invalid enum value (.+)": r"不能是 \1；可用的值见 /docs",
    r"Integer value out of range": "整数超出范围",
    r"Object missing required field `([^`]*)`": r"缺少字段 \1",
    r"Object contains unknown field `(.*)": "没有这个字段",
    r"Missing required query parameter .*": "缺少这个查询参数",
    r"a JSON object is wanted as body": "请求体应为 JSON 对象",
    # what a service requires
    r"a null character is not allowed here": "不能有空字符（NUL）",
    r"expected an http:// or https:// address, or a path": "应为 http:// 或 https:// 地址，或路径",
    r"expected an http:// or https:// address": "应为 http:// 或 https:// 地址",
    r"there is no account (.+)": r"没有账号 \1",
    r"the host is a member already": "课堂老师已在名单上",
    r"(.+) is listed twice": r"\1 出现了两次",
    r"a class has one host, its teacher": "课堂只有一位课堂老师",
    r"at most (\d+) members at once.*": r"一次最多 \1 名成员，其余请用 PUT 加入",
    r"the end has to be later than starts_at": "结束时间应晚于开始时间",
    r"the end has to be in the future": "结束时间应晚于现在",
    r"expected a time in the future": "应为将来的时间",
    r"name chat, audio or video with true.*": "请以 true 指明 chat、audio 或 video，或不带任何字段",
    r"expected the name of one file, without a folder": "应为一个文件的名称，不带文件夹",
    r"a file has at least one byte": "文件不能为空",
    r"this kind of file is not accepted; accepted are (.+)": r"不接受这种文件；可以上传：\1",
    r"this is not the bucket of this installation.*": "这不是本校的存储桶，请省略此字段",
    r"is missing": "缺少此项",
    r"expected ([\d to]+) for an invitation as (\w+)": r"作为 \2 的邀请，人数应为 \1",
    r"a time in the next (\d+) days is expected": r"应为今后 \1 天之内的时间",
    r"this is not a cursor that this list gave": "不是这个列表给出的 cursor，请从第一页开始",
    # object paths
    r"an object path must not contain control or invisible characters": "路径中不能有控制字符或"
    "不可见字符",
    r"an object path must have at most (\d+) bytes": r"路径最多 \1 字节",
    r"an object path must not contain '//' or end with a slash": "路径中不能有 //，也不能以 / 结尾",
    r"an object path must not contain the segments '\.' and '\.\.'": "路径中不能有 . 和 .. 片段",
    r"file_path starts with '/' and has at most (\d+) characters": r"file_path 以 / 开头，"
    r"最多 \1 个字符",
    r"file_path has the form (\S+)": r"file_path 的形式为 \1",
    r"the second part of file_path is the number of a class": "file_path 的第二段是课堂编号",
    r"each part of file_path is .*": "file_path 的每一段只能用 A-Z、a-z、0-9、.、- 和 _，"
    "且不能是 . 或 ..",
    # a line of a file of accounts
    r"a new account needs a password": "新账号需要密码",
    r"this identifier is reserved for the IM administrator": "这是 IM 管理员的用户 ID，"
    "不能用作账号",
    r"this identifier belonged to an account that was deleted.*": "这个用户 ID 属于已删除的账号，"
    "暂时或永远不再分配，请换一个",
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
