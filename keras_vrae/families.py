"""Families of parts of a model: encoders, decoders, likelihoods, priors, objectives."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import keras

from keras_vrae.validation import SettingError, check_choice, complaint

Member = TypeVar("Member")


class Family(Generic[Member]):
    """The named classes of one contract.

    Args:
        name: the argument that takes a member, for messages.
        contract: the base class of the members.
        members: the classes by name.
    """

    def __init__(
        self, name: str, contract: type[Member], members: Mapping[str, type[Member]]
    ) -> None:
        self.name, self.contract, self.members = name, contract, dict(members)

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __getitem__(self, name: str) -> type[Member]:
        return self.members[check_choice(self.name, name, self.members)]

    def get(self, identifier: Member | str | dict[str, Any], **options: Any) -> Member:
        """Returns the member that an identifier stands for.

        Args:
            identifier: a name, a config as `keras.saving.serialize_keras_object` makes it, or an
                instance of the contract.
            **options: arguments of the class that a name stands for.

        Returns:
            An instance of the contract.

        Raises:
            SettingError: for an unknown name, an object of another kind, and options that come
                with an instance or a config.
        """
        if isinstance(identifier, str):
            return self[identifier](**options)
        if isinstance(identifier, dict):
            identifier = keras.saving.deserialize_keras_object(identifier)
        if not isinstance(identifier, self.contract):
            names = ", ".join(map(repr, self.members))
            expected = f"one of {names}, or a keras_vrae.{self.contract.__name__}"
            raise SettingError(complaint(self.name, expected, identifier))
        if options:
            option, value = next(iter(options.items()))
            expected = f"left out with an {self.name} that is made already"
            raise SettingError(complaint(option, expected, value))
        return identifier
