"""`svc=live`: files that are bound to a class or to oneself."""

from classgate.legacy.calls import Call
from classgate.legacy.fields import page_of, time_range_of
from classgate.legacy.file_bindings.service import FileBindingService, FileToBind
from classgate.legacy.protocol import Answer


async def report_binding(file_bindings: FileBindingService, call: Call) -> Answer:
    """`reportbind`: bind a file, or unbind it."""
    fields = call.fields
    number = fields.optional_integer("roomnum") or 0
    unbinds = fields.integer("operate", 0, 1)
    named = fields.nested("bind_file")
    file = FileToBind(named.integer("type"), named.text("file_name"), named.text("url"))
    classroom_id = number if number > 0 else None
    if unbinds:
        await file_bindings.unbind(call.caller, classroom_id, file)
    else:
        await file_bindings.bind(call.caller, classroom_id, file)
    return Answer()


async def list_bindings(file_bindings: FileBindingService, call: Call) -> Answer:
    """`querybind`: what is bound to a class, for its members; else what one bound oneself."""
    fields = call.fields
    number = fields.optional_integer("roomnum") or 0
    bound_from, bound_before = time_range_of(fields)
    offset, limit = page_of(fields)
    page = await file_bindings.list_page(
        call.caller, number if number > 0 else None, bound_from, bound_before, offset, limit
    )
    files = [
        {
            "type": each.file_type,
            "bind_time": int(each.bound_at.timestamp()),
            "file_name": each.file_name,
            "url": each.url,
        }
        for each in page.bindings
    ]
    return Answer(data={"total": page.total, "bind_files": files})
