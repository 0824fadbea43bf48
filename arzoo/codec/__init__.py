"""Lossless compression: a model's likelihood as a file of about -log2 p bits, by a range coder."""

from arzoo.codec.archive import ENDING, Header, unpack
from arzoo.codec.coding import compress, decompress

__all__ = ["ENDING", "Header", "compress", "decompress", "header"]


def header(blob: bytes) -> Header:
    """Return what an archive says of itself, such as the model that wrote it.

    Raises:
        ArchiveError: It is no archive, or of a later version, or not whole.
    """
    return unpack(blob)[0]
