"""PURE DATA: the sentences of an explanation in Chinese. See `admission.phrases`."""

from collections.abc import Mapping

from classgate.admission.phrases import Phrase, WordValue
from classgate.classrooms.permissions import Permission
from classgate.leases.kinds import LeaseKind

PHRASES: Mapping[Phrase, str] = {
    Phrase.NO_LOG_IN_WAITS: "这个账号登录时无需等待",
    Phrase.ACCOUNT_FOUND: "账号存在，角色为“{role}”",
    Phrase.ACCOUNT_IS_ENABLED: "账号没有停用",
    Phrase.LOG_INS_FEW: "登录次数没有超过限制",
    Phrase.ACCOUNT_FINE: "账号没有问题",
    Phrase.CLASS_FOUND: "课堂存在，状态为“{state}”",
    Phrase.IS_MEMBER: "在名单上，角色为“{role}”",
    Phrase.OPEN_TO_ALL: "不在名单上；这是公开课，进入时会作为学生加入名单",
    Phrase.NO_KICK: "没有被踢出",
    Phrase.HOST_IS_TEACHER: "没有失去课堂老师的资格",
    Phrase.ROLE_IS_ENOUGH: "角色“{role}”有权限“{permission}”",
    Phrase.CLASS_IS_NOT_OVER: "课堂没有结束",
    Phrase.CLASS_IS_OPEN: "课堂对角色“{role}”已开放",
    Phrase.GRANTS_FEW: "获取“{kind}”凭证的次数没有超过限制",
    Phrase.STORE_ANSWERS: "可以调用 STS",
    Phrase.LOGS_IN_FOR_IT: "届时由本人登录",
    Phrase.NO_ACCOUNT: "没有账号，无从检查",
    Phrase.NO_CLASS: "没有课堂，无从检查",
    Phrase.NO_MEMBERSHIP: "不在名单上",
    Phrase.ADMIN_DECIDES: "管理员在任何课堂都可以这样做，与名单无关",
    Phrase.CLASS_OVER: "课堂已结束",
    Phrase.NOTHING_TO_GIVE: "课堂没有课件，不会签发下载地址",
    Phrase.SERVER_KNOWS: "只有运行中的服务知道；请用 GET /v1/admin/why 查询",
    Phrase.LOG_IN_WAITS: "密码错误次数太多，{until} 起才能再试",
    Phrase.ACCOUNT_UNKNOWN: "没有账号 {identifier}",
    Phrase.ACCOUNT_IS_DISABLED: "账号已停用",
    Phrase.ACCOUNT_DISABLED_BY: "账号已由 {actor} 于 {at} 停用",
    Phrase.LOG_INS_MANY: "登录次数太多，{until} 起才能再次登录",
    Phrase.ACCOUNT_NOT_USABLE: "账号现在不能使用",
    Phrase.CLASS_UNKNOWN: "没有课堂 {classroom_id}",
    Phrase.NOT_MEMBER: "不在名单上",
    Phrase.REMOVED_BY: "已由 {actor} 于 {at} 从名单删除",
    Phrase.KICKED_AT: "已于 {at} 被踢出",
    Phrase.KICKED_BY: "已由 {actor} 于 {at} 踢出",
    Phrase.KICKED_UNTIL: "已于 {at} 被踢出，到 {until} 为止",
    Phrase.KICKED_BY_UNTIL: "已由 {actor} 于 {at} 踢出，到 {until} 为止",
    Phrase.HOST_IS_NO_TEACHER: "课堂老师的账号已不是老师",
    Phrase.ROLE_IS_TOO_SMALL: "角色“{role}”没有权限“{permission}”",
    Phrase.CLASS_HAS_ENDED: "课堂已结束",
    Phrase.CLASS_TIME_IS_OVER: "课堂计划于 {ends_at} 结束",
    Phrase.OPENS_LATER: "{opens_at} 起对角色“{role}”开放（开始时间之前 {minutes} 分钟）",
    Phrase.NOT_STARTED: "课堂没有设定开始时间，课堂老师也还没有开始上课",
    Phrase.GRANTS_MANY: "获取“{kind}”凭证的次数太多，{until} 起才能再次获取",
    Phrase.STORE_FAILS: "STS 连续多次失败，{until} 再次调用",
    Phrase.WAIT_FOR_LOG_IN: (
        "请等到那时；忘记密码时，管理员可用 POST /v1/admin/accounts/{identifier}/password 重置"
    ),
    Phrase.CREATE_ACCOUNT: "请检查拼写；管理员可用 POST /v1/admin/accounts 创建账号",
    Phrase.ENABLE_ACCOUNT: (
        '管理员可用 PATCH /v1/admin/accounts/{identifier} {{"disabled": false}} 启用'
    ),
    Phrase.LOG_IN_LESS: ("客户端反复登录：请等到那时，并在 access token 失效之前一直使用它"),
    Phrase.ASK_ADMIN: "请管理员查看这个账号",
    Phrase.LOOK_AT_NUMBER: "请检查编号；GET /v1/classrooms 列出课堂",
    Phrase.ADD_TO_ROSTER: (
        "课堂老师、助教或管理员可用 PUT /v1/classrooms/{classroom_id}/members/{identifier} 加入"
    ),
    Phrase.ADD_AS_ASSISTANT: (
        "课堂老师或管理员可用 PUT /v1/classrooms/{classroom_id}/members/{identifier} 加入为助教"
    ),
    Phrase.ENTER_FIRST: (
        "这是公开课，进入一次即加入名单；课堂老师、助教或管理员也可用 "
        "PUT /v1/classrooms/{classroom_id}/members/{identifier} 加入"
    ),
    Phrase.LIFT_KICK: (
        "课堂老师或管理员可用 PUT /v1/classrooms/{classroom_id}/members/{identifier} 让其重新进入"
    ),
    Phrase.WAIT_OR_LIFT_KICK: (
        "到时自动解除；在此之前，课堂老师或管理员可用 "
        "PUT /v1/classrooms/{classroom_id}/members/{identifier} 让其重新进入"
    ),
    Phrase.CHANGE_HOST: (
        "管理员可用 PUT /v1/classrooms/{classroom_id}/host 更换课堂老师，"
        "或把 {identifier} 的角色改回老师"
    ),
    Phrase.MAKE_ASSISTANT: (
        "课堂老师或管理员可用 PUT /v1/classrooms/{classroom_id}/members/{identifier} 设为助教"
    ),
    Phrase.MAKE_NEW_CLASS: "不能恢复；请课堂老师新建一个",
    Phrase.MOVE_END: "课堂老师或管理员可用 PATCH /v1/classrooms/{classroom_id} 推迟 ends_at",
    Phrase.WAIT_OR_START: (
        "请等待，或由课堂老师开始上课，"
        "或由课堂老师或管理员用 PATCH /v1/classrooms/{classroom_id} 修改 starts_at"
    ),
    Phrase.WAIT_OR_MOVE_START: (
        "请等待，或由课堂老师或管理员用 PATCH /v1/classrooms/{classroom_id} 修改 starts_at"
    ),
    Phrase.START_CLASS: "由课堂老师用 POST /v1/classrooms/{classroom_id}/start 开始上课",
    Phrase.ASK_LESS: ("客户端反复获取凭证：请等到那时，并在 refresh_after 之前一直使用已有的凭证"),
    Phrase.REPAIR_STORE: "请运维人员查看日志，并运行 classgate doctor",
}

VALUES: Mapping[str, Mapping[WordValue, str]] = {
    "role": {
        "admin": "管理员",
        "teacher": "教师",
        "host": "课堂老师",
        "assistant": "助教",
        "student": "学生",
    },
    "state": {
        "created": "未开始",
        "live": "进行中",
        "ended": "已结束",
        "replayable": "已结束，有回放",
    },
    "kind": {
        LeaseKind.ENTRY: "进房",
        LeaseKind.UPLOAD: "上传",
        LeaseKind.DOWNLOAD: "下载",
    },
    "permission": {
        Permission.ENTER: "进入课堂",
        Permission.UPLOAD: "上传课件",
        Permission.READ_COURSEWARE: "查看课件",
    },
}
"""Words that are put into a sentence, by the name of the value."""


def values_of(values: Mapping[str, WordValue]) -> dict[str, WordValue]:
    """Return the values of a sentence with their words in Chinese."""
    return {name: VALUES.get(name, {}).get(each, each) for name, each in values.items()}
