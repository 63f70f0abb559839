import os
import tempfile

from api._answer import answering

BLOCK = b"x" * 65536


def fill(asked):
    """Fills the temporary folder with so many bytes, then with so many files, and clears it again."""
    folder = tempfile.mkdtemp()
    written, files, bytes_refused, files_refused = 0, 0, "", ""
    path = os.path.join(folder, "large")
    try:
        with open(path, "wb", buffering=0) as file:
            while written < asked["bytes"]:
                written += file.write(BLOCK)
    except OSError as error:
        bytes_refused = error.strerror
    os.unlink(path)
    try:
        while files < asked["files"]:
            os.close(os.open(os.path.join(folder, str(files)), os.O_CREAT | os.O_WRONLY, 0o600))
            files += 1
    except OSError as error:
        files_refused = error.strerror
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    os.rmdir(folder)
    return {"bytes": written, "bytesRefused": bytes_refused, "files": files, "filesRefused": files_refused}


class handler(answering(fill)):
    """Fills /tmp."""
