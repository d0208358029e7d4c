"""Settings of a coordinator: how gradients become parameters (PROTOCOL.md, section 16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from ._wire import schema
from .errors import Code, error

__all__ = ["Group", "SettingValue", "Settings"]


@dataclass(frozen=True)
class Group:
    """Tensors whose names match a pattern, and what is different for them. The first match wins."""

    pattern: str
    """A shell pattern over tensor names: * ? [...]"""
    rate_scale: float = 1.0
    """Multiplies the learning rate."""
    weight_decay: float | None = None
    """Instead of the setting of that name."""
    l2: float | None = None
    """Instead of the setting of that name."""
    frozen: bool = False
    """Neither applied nor counted in a norm."""


SettingValue = str | float | int | bool | Sequence[Group]


@dataclass(frozen=True)
class Settings(Mapping[str, SettingValue]):
    """The effective settings, by name."""

    values_by_name: Mapping[str, SettingValue]
    given: frozenset[str]
    """Those that somebody set; the others are defaults."""
    revision: int
    """One more with each change."""
    effective_from: tuple[int, int]
    """(epoch, version) whose next step is the first under them."""
    unset: tuple[str, ...] = ()
    """Put back by this change, because nothing reads them now."""

    def __getitem__(self, name: str) -> SettingValue:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def read(told: Any) -> Settings:
    """From the wire."""
    values: dict[str, SettingValue] = {}
    for field, value in told.settings.ListFields():
        values[field.name] = _groups(value) if field.name == "groups" else value
    return Settings(
        values,
        frozenset(told.explicit_names),
        told.revision,
        (told.effective_from.epoch, told.effective_from.version),
        tuple(told.unset),
    )


def _groups(told: Any) -> tuple[Group, ...]:
    def given(one: Any, name: str) -> Any:
        return getattr(one, name) if one.HasField(name) else None

    return tuple(
        Group(
            one.pattern,
            one.rate_scale if one.HasField("rate_scale") else 1.0,
            given(one, "weight_decay"),
            given(one, "l2"),
            one.frozen,
        )
        for one in told.groups
    )


def write(body: Any, changes: Mapping[str, SettingValue | None]) -> None:
    """
    A SetParametersRequest; None puts a setting back to its default.

    ARGUMENT, UNSUPPORTED: a name that there is none of, a value of a wrong type.
    """
    fields = schema.Settings.DESCRIPTOR.fields_by_name
    body.settings.SetInParent()
    for name, value in changes.items():
        if name not in fields:
            raise error(
                Code.UNSUPPORTED, f'there is no setting "{name}"; there are {", ".join(fields)}'
            )
        if value is None:
            body.reset.append(name)
        elif name == "groups":
            _write_groups(body.settings.groups, value)
        else:
            setattr(body.settings, name, _checked(name, fields[name], value))


def _checked(name: str, field: FieldDescriptor, value: Any) -> Any:
    """The value in the field's type, where that loses nothing."""
    wanted = {
        FieldDescriptor.CPPTYPE_STRING: "a text",
        FieldDescriptor.CPPTYPE_BOOL: "True or False",
        FieldDescriptor.CPPTYPE_DOUBLE: "a number",
    }.get(field.cpp_type, "a whole number, not below 0")
    try:
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            fits, made = isinstance(value, str), value
        elif field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            made = bool(value)
            fits = made == value
        elif field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
            made = float(value)
            fits = not isinstance(value, (bool, str))
        else:
            made = int(value)
            most = 1 << (32 if field.cpp_type == FieldDescriptor.CPPTYPE_UINT32 else 64)
            fits = made == value and not isinstance(value, (bool, str)) and 0 <= made < most
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise error(Code.ARGUMENT, f"{name} is {value!r}; it has to be {wanted}")
    return made


def _write_groups(to: Any, groups: Any) -> None:
    to.SetInParent()
    if isinstance(groups, (str, bytes)) or not isinstance(groups, Sequence):
        raise error(Code.ARGUMENT, f"groups is {groups!r}; it has to be a list of Group")
    for group in groups:
        made = to.groups.add(pattern=group.pattern)
        if group.rate_scale != 1:
            made.rate_scale = group.rate_scale
        for name in ("weight_decay", "l2"):
            value = getattr(group, name)
            if value is not None:
                setattr(made, name, value)
        if group.frozen:
            made.frozen = True
