"""The file format `.arz`: what an archive says of itself before its code, and how a damaged one is told.

ARZ version    4 bytes
checksum       4 bytes    CRC-32 of all other bytes, those before it too, little-endian
weights        8 bytes    of the model: `weights_sha256`, its first 8 bytes
data           8 bytes    of the whole of that digest, the text below and the levels: SHA-256, its first 8 bytes
text                      JSON of the other fields of `Header`, NUL, bytes of the context; deflated with `USUAL`
code                      words of the range coder
"""

import hashlib
import json
import math
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor

from arzoo.errors import ArchiveError

MAGIC, VERSION = b"ARZ", 1
ENDING = ".arz"
SHORT = 8
"""Bytes kept of a SHA-256 that is to tell accidents; an archive of a few images is little more than its header."""
_FIXED = struct.Struct(f"<3sB4s{SHORT}s{SHORT}s")
_CHECKED, _SUMMED = struct.calcsize("<3sB"), struct.calcsize("<3sB4s")
MOST = 1 << 31
"""Places of all items together, up to which what an archive says of itself is believed."""
_LARGEST = 1 << 26
"""Bytes of a text that is unpacked: of damage that would fill the memory there is no more."""

USUAL = (
    b'Intel(R) Xeon(R) Processor on Linux, aarch64"}}NO AVXAVX2+cu126bfloat16float64'
    b'"label":["uint8",1000]},"files":{"names":"","modes":"LRGB1","converted":[]},'
    b'{"threads":1,"dtype":"float32","torch":"machine":"1 thread of AMD EPYC on Linux, x86_64"}}\0'
    b'digits","sizes":[[1000,8,8]],"cifar10","sizes":[[1000,32,32]],"mnist","sizes":[[1000,28,28]],"batch_size":64,'
    b'"context":{},"files":{},"surroundings":{"threads":2,"dtype":"float32","torch":"2.13.0+cpu","arzoo":"0.1.0",'
    b'"constriction":"0.5.0","capability":"AVX512","machine":"2 threads of AMD EPYC on Linux, x86_64"}}\0{"model":"'
)
"""What a text mostly says; a reader needs the very same, so that it changes with the version alone."""


@dataclass(frozen=True)
class Header:
    """What an archive says of itself.

    Attributes:
        model: The name by which the model was loaded, or "" where it has none.
        weights: The first bytes of `weights_sha256` of the model, in hex.
        sizes: Of each item, (H, W) or (T,).
        batch_size: Tiles that are coded side by side.
        surroundings: What the arithmetic depends on, see `surroundings`.
        context: A tensor of a value an item, by name.
        files: What a command says of the files that the items were.
        data: See `data_digest`.
    """

    model: str
    weights: str
    sizes: Sequence[tuple[int, ...]]
    batch_size: int
    surroundings: Mapping[str, Any]
    context: Mapping[str, Tensor] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""

    def text(self) -> bytes:
        """Return what is neither digest nor code: JSON, and behind a NUL the arrays that it names."""
        arrays = {name: _array(value) for name, value in self.context.items()}
        said = {
            "model": self.model,
            "sizes": [[len(list(run)), *size] for size, run in groupby(self.sizes)],
            "batch_size": self.batch_size,
            "context": {name: [str(array.dtype), *array.shape] for name, array in arrays.items()},
            "files": dict(self.files),
            "surroundings": dict(self.surroundings),
        }
        plain = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        return b"\0".join([plain, b"".join(array.tobytes() for array in arrays.values())])


def pack(header: Header, code: bytes) -> bytes:
    """Return the archive."""
    packer = zlib.compressobj(9, wbits=-15, zdict=USUAL)
    digests = bytes.fromhex(header.weights), bytes.fromhex(header.data)
    blob = _FIXED.pack(MAGIC, VERSION, bytes(4), *digests) + packer.compress(header.text()) + packer.flush() + code
    return blob[:_CHECKED] + _checksum(blob) + blob[_SUMMED:]


def unpack(blob: bytes) -> tuple[Header, bytes]:
    """Return what an archive says of itself, and its code.

    Raises:
        ArchiveError: It is none, or of a later version, or not whole.
    """
    if blob[: len(MAGIC)] != MAGIC or len(blob) <= len(MAGIC):
        raise ArchiveError(f"An archive must begin with {MAGIC!r}, got {blob[:8]!r}. Write one with `arzoo compress`.")
    if blob[len(MAGIC)] != VERSION:
        repair = "It may come from a later arzoo: `pip install -U arzoo`."
        raise ArchiveError(f"An archive must be of format version {VERSION}, got {blob[len(MAGIC)]}. {repair}")
    if len(blob) < _FIXED.size or _checksum(blob) != blob[_CHECKED:_SUMMED]:
        rule = "An archive must be whole, with the checksum that it was written with"
        raise ArchiveError(f"{rule}, got {len(blob):,} bytes that have another. Copy it anew from where it came from.")
    *_, weights, data = _FIXED.unpack_from(blob)
    try:
        said, code = _parsed(blob[_FIXED.size :])
        header = Header(**said, weights=weights.hex(), data=data.hex())
        _check(header)
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError, OverflowError, RuntimeError) as error:
        raise ArchiveError(f"The header of an archive must describe its items, got one that fails: {error}.") from error
    if len(code) % 4:
        raise ArchiveError(f"The code of an archive must be words of 4 bytes, got {len(code)} bytes.")
    return header, code


def data_digest(header: Header, weights_sha256: str, items: Iterable[Tensor]) -> str:
    """Return the digest of what an archive says and holds, in hex, so that neither can be taken for another's."""
    digest = hashlib.sha256(bytes.fromhex(weights_sha256) + header.text())
    for item in items:
        digest.update(item.to(torch.int32).contiguous().numpy().astype("<i4", copy=False).tobytes())
    return shortened(digest.hexdigest())


def shortened(sha256: str) -> str:
    """Return what an archive keeps of a digest, both in hex."""
    return sha256[: 2 * SHORT]


def _checksum(blob: bytes) -> bytes:
    return zlib.crc32(blob[_SUMMED:], zlib.crc32(blob[:_CHECKED])).to_bytes(4, "little")


def _parsed(stored: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the fields of a header, and the code, which begins where the text ends."""
    unpacker = zlib.decompressobj(wbits=-15, zdict=USUAL)
    text = unpacker.decompress(stored, _LARGEST)
    if not unpacker.eof:
        raise ValueError("its text does not end where it should")
    plain, _, arrays = text.partition(b"\0")
    said = json.loads(plain)
    if any(not isinstance(said[name], dict) for name in ("context", "files", "surroundings")):
        raise ValueError("context, files and surroundings must be objects")
    if sum(math.prod(size) for size in said["sizes"]) > MOST:
        raise ValueError(f"it has more than {MOST:,} places")
    said["sizes"] = list(chain.from_iterable([tuple(size)] * count for count, *size in said["sizes"]))
    said["context"] = _tensors(said["context"], arrays)
    return said, unpacker.unused_data


def _check(header: Header) -> None:
    """Refuse what no `compress` writes, in so far as the model need not be known.

    Raises:
        ValueError: A field has another type or range.
    """
    whole = [number for size in header.sizes for number in size]
    if not header.sizes or not all(type(number) is int and number > 0 for number in (*whole, header.batch_size)):
        raise ValueError(f"sizes and batch_size must be whole numbers of at least 1, it has {header.sizes[:3]}")
    threads = header.surroundings["threads"]
    if type(threads) is not int or not 1 <= threads <= _MOST_THREADS:
        raise ValueError(f"threads must be 1 to {_MOST_THREADS}, it has {threads}")
    if not isinstance(header.model, str) or not isinstance(header.surroundings["dtype"], str):
        raise ValueError(f"model and dtype must be texts, it has {header.model!r}")


_MOST_THREADS = 1024


def _array(value: Tensor) -> np.ndarray:
    """Return the values of a context, whole numbers in as few bytes as they need."""
    array = value.numpy(force=True)
    if np.issubdtype(array.dtype, np.integer):
        array = array.astype(np.min_scalar_type(int(array.max())))
    return array.astype(array.dtype.newbyteorder("<"))


def _tensors(forms: Mapping[str, Any], stored: bytes) -> dict[str, Tensor]:
    """Return the values of the contexts, by their dtypes and shapes."""
    found = {}
    for name, (dtype, *shape) in forms.items():
        if min(shape, default=1) < 1:
            raise ValueError(f"sizes of a context must be at least 1, it has {shape}")
        array = np.frombuffer(stored, np.dtype(dtype).newbyteorder("<"), math.prod(shape)).reshape(shape)
        stored, value = stored[array.nbytes :], torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))
        found[name] = value if value.is_floating_point() else value.long()
    if stored:
        raise ValueError(f"its context leaves {len(stored)} bytes over")
    return found
