"""Verifies the UserSig of a log-in and the PrivateMapKey of a room."""

from classgate.emulator.clock import Clock
from classgate.emulator.failed_check import FailedCheck, failed_check_of
from classgate.emulator.im import errors
from classgate.emulator.im.accounts import Accounts
from classgate.emulator.im.errors import LoginCheckError
from classgate.errors import VerificationFailed
from classgate.signing import private_map_key as private_map_keys
from classgate.signing import user_sig as user_sigs
from classgate.signing.keys import EcdsaPublicKey, SdkSecretKey


class ImBackend:
    """An application with its verification keys: a secret key, a public key, or both."""

    def __init__(
        self,
        sdk_app_id: int,
        secret_key: SdkSecretKey | None,
        public_key: EcdsaPublicKey | None,
        clock: Clock,
        accounts: Accounts,
    ) -> None:
        self._sdk_app_id = sdk_app_id
        self._secret_key = secret_key
        self._public_key = public_key
        self._clock = clock
        self._accounts = accounts

    def log_in(self, sdk_app_id: int, identifier: str, user_sig: str) -> None:
        """Verify a UserSig. Raises `LoginCheckError` with the code of the cloud.

        Unknown: which fault the cloud reports when there are several.
        Unknown: what the cloud answers to a version of UserSig that the app has no key for; here it
        is 70016 for version 1 and 70009 for version 2.
        Unknown: which code a UserSig meets that a kick has invalidated; here it is 70001.
        """
        if sdk_app_id != self._sdk_app_id:
            raise LoginCheckError(
                errors.UNKNOWN_APP, "the SDKAppID does not exist", FailedCheck.SDK_APP_ID
            )
        if not user_sig.strip():
            raise LoginCheckError(errors.EMPTY, "the UserSig is empty", FailedCheck.ANONYMOUS)
        try:
            content = user_sigs.verify_user_sig(
                user_sig,
                self._key_for(user_sig),
                sdk_app_id=sdk_app_id,
                identifier=identifier,
                at=self._clock.now(),
            )
        except VerificationFailed as error:
            code = errors.USER_SIG_REASONS.get(error.failed_check, errors.WRONG_SIGNATURE)
            raise LoginCheckError(code, str(error), failed_check_of(error)) from error
        if self._accounts.was_kicked_after(identifier, content.issued_at):
            raise LoginCheckError(
                errors.EXPIRED, "a kick has invalidated the UserSig", FailedCheck.KICKED
            )

    def enter_room(
        self,
        sdk_app_id: int,
        identifier: str,
        user_sig: str,
        *,
        private_map_key: str,
        room_id: int | str,
    ) -> private_map_keys.PrivateMapKeyPayload:
        """Verify the UserSig, then the PrivateMapKey. Raises `LoginCheckError`.

        A PrivateMapKey that does not verify, has expired or is for another room is -100006; a valid
        one without the privilege to enter is -102011.

        Unknown: which code the cloud gives for which fault of a PrivateMapKey; the public tables
        name these two for privileges, none for one that is malformed or expired.
        """
        self.log_in(sdk_app_id, identifier, user_sig)
        payload = self.check_private_map_key(private_map_key, identifier, room_id)
        if not payload.privileges & private_map_keys.Privilege.ENTER:
            raise LoginCheckError(
                errors.MAY_NOT_ENTER,
                "the privateMapKey does not allow to enter",
                FailedCheck.PRIVILEGE,
            )
        return payload

    def check_private_map_key(
        self, private_map_key: str, identifier: str, room_id: int | str
    ) -> private_map_keys.PrivateMapKeyPayload:
        """Verify a PrivateMapKey for a room. Raises `LoginCheckError`."""
        payload = self._verify_private_map_key(private_map_key, identifier)
        if payload.room_id != room_id:
            raise LoginCheckError(
                errors.PRIVATE_MAP_KEY_REFUSED,
                "the privateMapKey is for another room",
                FailedCheck.ROOM,
            )
        return payload

    def has_expired(self, payload: private_map_keys.PrivateMapKeyPayload) -> bool:
        return self._clock.now() > payload.expires_at

    def _verify_private_map_key(
        self, private_map_key: str, identifier: str
    ) -> private_map_keys.PrivateMapKeyPayload:
        try:
            return private_map_keys.verify_private_map_key(
                private_map_key,
                self._key_for(private_map_key),
                sdk_app_id=self._sdk_app_id,
                identifier=identifier,
                at=self._clock.now(),
            )
        except VerificationFailed as error:
            raise _private_map_key_refused(error, failed_check_of(error)) from error
        except LoginCheckError as error:
            raise _private_map_key_refused(error, error.check) from error

    def _key_for(self, token: str) -> EcdsaPublicKey | SdkSecretKey:
        """Return the key for the version of a token.

        Raises `VerificationFailed` or `LoginCheckError`.
        """
        if user_sigs.read_user_sig(token).version == 1:
            if self._public_key is None:
                raise LoginCheckError(
                    errors.NO_PUBLIC_KEY, "the application has no public key", FailedCheck.VERSION
                )
            return self._public_key
        if self._secret_key is None:
            raise LoginCheckError(
                errors.WRONG_SIGNATURE, "the application has no secret key", FailedCheck.VERSION
            )
        return self._secret_key


def _private_map_key_refused(
    cause: VerificationFailed | LoginCheckError, check: FailedCheck | None
) -> LoginCheckError:
    return LoginCheckError(
        errors.PRIVATE_MAP_KEY_REFUSED, f"the privateMapKey is refused: {cause}", check
    )
