"""The platform's own Upload File: any app of the account may use it (kore.md, Upload)."""

from migrate.errors import OutcomeUnknown
from migrate.http import Upload
from migrate.platforms.base import Uploaded
from migrate.platforms.kore.channel import WriteChannel

UPLOAD = "/api/public/uploadfile"


class PlatformUpload:
    """Uploads an import file to the platform, which answers with its fileId."""

    def __init__(self, channel: WriteChannel, where: str) -> None:
        self._channel = channel
        self._where = where

    def __call__(self, data: bytes, digest: str, role_type: str) -> Uploaded:
        """POST the file; raises OutcomeUnknown where the answer has no fileId."""
        what = f"Upload File ({role_type})"
        answer = self._channel.post(
            UPLOAD,
            form={"fileContext": "bulkImport", "fileExtension": "json"},
            upload=Upload("file", f"roles-{role_type}-{digest[:12]}.json", data),
            what=what,
        )
        file_id = answer.get("fileId") if isinstance(answer, dict) else None
        if not isinstance(file_id, str) or not file_id:
            raise OutcomeUnknown(
                f"{what}: the answer has no fileId",
                where=self._where,
                remedy="An uploaded file alone changes nothing; run the same command again.",
            )
        return Uploaded(file_id, "the platform's upload")
