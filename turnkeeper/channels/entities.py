"""The fields of what a channel sent, whatever shape it came in."""

from __future__ import annotations

from collections.abc import Iterator

from botbuilder.schema import Activity


def field_in(value: object, name: str) -> object:
    """Return a field of a model or of a JSON object, or None.

    The SDK's ``Entity`` knows only ``type`` and leaves all else in ``additional_properties``;
    entities made in code are often models of their own, such as ``Mention``.

    :param value: a model of ``botbuilder.schema``, a dict, or anything else.
    :param name: the attribute's name in a model, or the key on the wire.
    """
    if isinstance(value, dict):
        return value.get(name)
    found = getattr(value, name, None)
    if found is None:
        extra = getattr(value, "additional_properties", None)
        return extra.get(name) if isinstance(extra, dict) else None
    return found


def text_in(value: object, *path: str) -> str:
    """Return the text at a path of nested fields, or "" where there is none.

    :param value: where the path begins, as for :func:`field_in`.
    :param path: the names of the fields to follow.
    """
    for name in path:
        value = field_in(value, name)
    return value if isinstance(value, str) else ""


def entities_of(activity: Activity, kind: str) -> Iterator[object]:
    """Yield the entities of one type, in their order.

    :param activity: any incoming activity; ``entities`` may be missing or malformed.
    :param kind: the entity's ``type``, such as ``mention`` or ``clientInfo``.
    """
    entities = activity.entities
    if isinstance(entities, list):
        for entity in entities:
            if field_in(entity, "type") == kind:
                yield entity
