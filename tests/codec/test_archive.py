import json
import random
import zlib

import pytest
import torch

from arzoo import ArchiveError
from arzoo.codec import archive, header
from arzoo.codec.archive import Header, data_digest, pack, unpack

ABOUT = {"threads": 1, "dtype": "float32", "torch": "2.13.0+cpu"}
CONTEXT = {"label": torch.tensor([3, 300]), "latent": torch.tensor([[0.1, -2.5], [1e-9, 7.0]])}


def example(**changes):
    fields = {
        "model": "made-digits",
        "weights": "ab" * 8,
        "sizes": [(8, 8), (8, 8)],
        "batch_size": 64,
        "surroundings": ABOUT,
        "context": CONTEXT,
        "files": {"names": "ab", "modes": "LL"},
        "data": "cd" * 8,
    }
    return Header(**{**fields, **changes})


def lying(text=None, blob=None, **changes):
    """An archive with another text, and the checksum that belongs to it."""
    plain, _, arrays = example().text().partition(b"\0")
    said = {**json.loads(plain), **changes}
    packer = zlib.compressobj(9, wbits=-15, zdict=archive.USUAL)
    stored = packer.compress(json.dumps(said).encode() + b"\0" + arrays if text is None else text) + packer.flush()
    fixed = archive._FIXED.pack(b"ARZ", 1, bytes(4), bytes(8), bytes(8))
    return resealed(fixed + stored + b"word") if blob is None else resealed(blob)


def resealed(blob):
    return blob[:4] + archive._checksum(blob) + blob[8:]


def test_what_was_packed_is_unpacked():
    given = example()
    found, code = unpack(pack(given, b"wordword"))
    assert code == b"wordword"
    assert all(torch.equal(found.context[name], value) for name, value in CONTEXT.items())
    assert {name: value.dtype for name, value in found.context.items()} == {
        "label": torch.int64,
        "latent": torch.float32,
    }
    for name in ("model", "weights", "sizes", "batch_size", "surroundings", "files", "data"):
        assert getattr(found, name) == getattr(given, name)
    assert found.text() == given.text()


def test_a_header_takes_little_however_many_items_there_are():
    about = {**ABOUT, "arzoo": "0.1.0", "constriction": "0.5.0", "capability": "AVX2"}
    about["machine"] = "4 threads of Some Other Processor on Linux, x86_64"
    one = example(sizes=[(28, 28)], context={}, files={}, surroundings=about)
    many = example(sizes=[(28, 28)] * 1000, context={}, files={}, surroundings=about)
    assert len(pack(many, b"")) <= len(pack(one, b"")) + 4
    assert len(pack(many, b"")) <= 92
    usual = {**about, "threads": 2, "capability": "AVX512", "machine": "2 threads of AMD EPYC on Linux, x86_64"}
    assert len(pack(example(sizes=[(28, 28)], context={}, files={}, surroundings=usual), b"")) <= 56


def test_the_digest_is_of_what_is_said_and_held():
    items = [torch.zeros(1, 8, 8, dtype=torch.int64), torch.ones(1, 8, 8, dtype=torch.int64)]
    weights, others = "ab" * 32, "ab" * 31 + "ac"  # which the header takes for the same
    digests = [
        data_digest(example(), weights, items),
        data_digest(example(), weights, items[::-1]),
        data_digest(example(), others, items),
        data_digest(example(files={"names": "ba", "modes": "LL"}), weights, items),
        data_digest(example(model=""), weights, items),
    ]
    assert len(set(digests)) == len(digests)


def test_every_damaged_archive_of_a_thousand_is_an_error():
    draw, whole = random.Random(0), pack(example(), bytes(range(200)))
    for _ in range(400):
        place, bit = draw.randrange(len(whole)), 1 << draw.randrange(8)
        refuse(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
    for _ in range(300):
        refuse(whole[: draw.randrange(len(whole))])
    for _ in range(300):
        place = draw.randrange(len(whole))
        refuse(whole[:place] + draw.randbytes(draw.randrange(1, 40)) + whole[place:])


def refuse(blob):
    with pytest.raises(ArchiveError, match=r"^An archive must (begin with|be of format version|be whole)"):
        header(blob)


@pytest.mark.parametrize("blob", [b"", b"ARZ", b"PNG\1" + bytes(99)])
def test_what_is_no_archive_is_refused(blob):
    rule = r"An archive must begin with b'ARZ', got b'.*'\. Write one with `arzoo compress`\."
    with pytest.raises(ArchiveError, match=rule):
        unpack(blob)


def test_a_later_version_is_refused_before_anything_else():
    blob = pack(example(), b"")
    later = r"An archive must be of format version 1, got 2\. It may come from a later arzoo: `pip install -U arzoo`\."
    with pytest.raises(ArchiveError, match=later):
        unpack(blob[:3] + b"\2" + b"anything")


@pytest.mark.parametrize(
    "blob",
    [
        lying(text=b"no JSON"),
        lying(text=b"[]"),
        lying(text=b'"' + b"[" * 100_000),
        lying(text=b"[" * 100_000),
        lying(unknown=1),
        lying(sizes=[]),
        lying(sizes=[[0, 8, 8]]),
        lying(sizes=[[1, 8, -8]]),
        lying(sizes=[[1, 8, 8.5]]),
        lying(sizes=[[10**12, 8, 8]]),
        lying(sizes=[[1, 10**9, 10**9]]),
        lying(sizes=[[-5, 8, 8]]),
        lying(sizes=5),
        lying(batch_size=0),
        lying(batch_size="64"),
        lying(model=7),
        lying(files=[]),
        lying(surroundings={}),
        lying(surroundings={**ABOUT, "threads": 0}),
        lying(surroundings={**ABOUT, "threads": 10**6}),
        lying(surroundings={**ABOUT, "dtype": 32}),
        lying(surroundings=[]),
        lying(context=[]),
        lying(context={"label": 3}),
        lying(context={"label": ["int64", 200]}),
        lying(context={"label": ["int64", 2]}),
        lying(context={"label": ["uint8", -1]}),
        lying(context={"label": ["object", 2], "latent": ["float32", 1]}),
        lying(context={"label": ["<U1", 5]}),
        lying(context={}),
        lying(blob=pack(example(), b"")[: archive._FIXED.size + 10]),
    ],
)
def test_a_header_that_lies_with_its_own_checksum_is_refused(blob):
    with pytest.raises(ArchiveError, match=r"The header of an archive must describe its items, got one that fails: .+"):
        unpack(blob)


def test_a_code_of_half_a_word_is_refused():
    with pytest.raises(ArchiveError, match=r"The code of an archive must be words of 4 bytes, got 6 bytes\."):
        unpack(pack(example(), b"wordwo"))


def test_a_text_that_fills_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "_LARGEST", 1000)
    with pytest.raises(ArchiveError, match=r"got one that fails: its text does not end where it should\."):
        unpack(lying(files={"names": " " * 10**5}))
