"""One secret out of AWS Secrets Manager, with boto3's usual ways to credentials."""

import json

from migrate.errors import InvalidInput, OutsideFailed

_CODES = {
    "ResourceNotFoundException": (
        "there is no AWS secret {id} in this account and region",
        "Check aws_secret, region and profile in the config.",
    ),
    "AccessDeniedException": (
        "these AWS credentials may not read the secret {id}",
        "Allow secretsmanager:GetSecretValue on it (and kms:Decrypt on its key).",
    ),
    "DecryptionFailure": (
        "the AWS secret {id} cannot be decrypted",
        "Allow kms:Decrypt on the key of this secret.",
    ),
    "InvalidRequestException": (
        "the AWS secret {id} cannot be read in its present state",
        "It may be marked for deletion: restore it, or name another.",
    ),
}
_CREDENTIALS = "Give credentials in one of boto3's usual ways, or name `profile` and `region`."


def fetch(
    secret_id: str,
    key: str | None,
    region: str | None,
    profile: str | None,
    endpoint_url: str | None,
    where: str,
) -> str:
    """Return the text of a secret, or of one field of it where it is a JSON object.

    Raises InvalidInput when the secret, the field, the permission or the credentials are
    missing, OutsideFailed when the service cannot be reached.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnection

    try:
        client = boto3.session.Session(profile_name=profile, region_name=region).client(
            "secretsmanager",
            endpoint_url=endpoint_url,
            config=Config(connect_timeout=10, read_timeout=30, retries={"total_max_attempts": 3}),
        )
        try:
            answer = client.get_secret_value(SecretId=secret_id)
        finally:
            client.close()
    except ClientError as failure:
        code = str(failure.response.get("Error", {}).get("Code", "unknown"))
        refused = (f"AWS refused the secret {{id}}: {code}", _CREDENTIALS)
        sentence, remedy = _CODES.get(code, refused)
        raise InvalidInput(sentence.format(id=secret_id), where=where, remedy=remedy) from None
    except (NoConnection, HTTPClientError) as failure:
        raise OutsideFailed(
            f"AWS Secrets Manager cannot be reached: {type(failure).__name__}",
            where=where,
            remedy="Check the network, `region` and `endpoint_url`.",
        ) from None
    except (BotoCoreError, ValueError) as failure:
        raise InvalidInput(
            f"the AWS secret {secret_id} cannot be read: {type(failure).__name__}",
            where=where,
            remedy=_CREDENTIALS,
        ) from None
    text = answer.get("SecretString")
    if text is None:
        raise InvalidInput(
            f"the AWS secret {secret_id} is binary",
            where=where,
            remedy="Store it as text (SecretString).",
        )
    return text if key is None else _field(text, key, secret_id, where)


def _field(text: str, key: str, secret_id: str, where: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get(key), str):
        raise InvalidInput(
            f"the AWS secret {secret_id} has no text field {key}",
            where=where,
            remedy="Check `key`, or leave it out if the secret is not a JSON object.",
        )
    found: str = value[key]
    return found
