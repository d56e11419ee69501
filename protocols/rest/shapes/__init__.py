"""Wire words of the native API: what bodies and answers look like. One file for each family of nouns."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.drainage import set_override
from rest_framework import serializers

LONGEST_TEXT = 100_000  # characters of a description, a comment or a reason
_MOST_TAGS = 100  # in one body
_MOST_UNKNOWN = 20  # names that are sent back


class Shape(serializers.Serializer[Any]):
    """One JSON object. In the document it goes by the name of its class without `Shape`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_override(cls, "component_name", cls.__name__.removesuffix("Shape"))

    @classmethod
    def read(cls, given: object) -> dict[str, Any]:
        """The values in what a client sent. Raises DRF's ValidationError, also for names that nobody knows."""
        shape = cls(data=given)
        shape.is_valid(raise_exception=True)
        return dict(shape.validated_data)

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what would be passed over in silence."""
        if isinstance(data, Mapping) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError(
                {name[:100]: ["This name is not known here."] for name in unknown[:_MOST_UNKNOWN]}
            )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text that a client sends, kept as it is; operations say what is wrong with a blank at an end."""

    def __init__(self, *, most: int = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(max_length=most, trim_whitespace=False, **kwargs)


class Tags(serializers.DictField):
    """Keys and values that something is created with."""

    child = Text(allow_blank=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, default=dict, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Refuse too many at once."""
        if isinstance(data, Mapping) and len(data) > _MOST_TAGS:
            raise serializers.ValidationError(f"At most {_MOST_TAGS} tags in one body; set further ones one by one.")
        return super().to_internal_value(data)


class Name(serializers.CharField):
    """A name in an answer; null where the column is empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        """Null for the empty text."""
        return value or None


class Nothing(Shape):
    """No parameters, or an empty body."""


class PageAsked(Shape):
    """Which page of a list."""

    page_token = Text(most=4096, required=False, allow_blank=True, default="", help_text="`next_page_token` of a page.")
    page_size = serializers.IntegerField(min_value=1, max_value=200, required=False, default=50)


class FieldErrorShape(Shape):
    """What is wrong with one field."""

    field = serializers.CharField()
    message = serializers.CharField()


class ProblemShape(Shape):
    """Problem details as RFC 9457 has them."""

    type = serializers.CharField(help_text="`urn:gatehouse:problem:...`, for programs.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people.")
    errors = FieldErrorShape(many=True, required=False, help_text="What is wrong with which field.")  # type: ignore[assignment] # a serializer has a property of this name
    reasons = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Why the gates refuse a move, one sentence for each."
    )
    request_id = serializers.CharField()
