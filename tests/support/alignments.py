"""Aligned reads for tests, as SAM text or BAM bytes."""

import random
import re
import struct
import zlib
from collections import namedtuple

Read = namedtuple("Read", "name flag contig start mapq cigar mate_contig mate_start quality tags")

CONTIGS = [("chr2", 5000), ("chr1", 9000), ("chrM", 900)]
FORWARD_FIRST, REVERSE_SECOND = 99, 147  # of a proper pair; 163 and 83 the other way round


def pair(name, start, end, barcode="AAAC-1", contig=0, length=40, mapq=(60, 60), **changes):
    """The two reads of a proper pair whose molecule is [start, end)."""
    clip = changes.get("clip", (0, 0))
    cigars = [
        f"{clip[0]}S{length - clip[0]}M" if clip[0] else f"{length}M",
        f"{length - clip[1]}M{clip[1]}S" if clip[1] else f"{length}M",
    ]
    left, right = start + clip[0], end - length
    quality = changes.get("quality", (30, 30))
    flags = (163, 83) if changes.get("swapped") else (99, 147)
    tags = [f"CB:Z:{barcode}"] if barcode else []
    return [
        Read(name, flags[0], contig, left, mapq[0], cigars[0], contig, right, quality[0], tags),
        Read(name, flags[1], contig, right, mapq[1], cigars[1], contig, left, quality[1], tags),
    ]


def lengths(cigar):
    """Bases in the read and on the genome, and clipped at both ends."""
    parts = [(int(n), op) for n, op in re.findall(r"(\d+)([MIDNSH])", cigar)]
    read = sum(n for n, op in parts if op in "MIS")
    genome = sum(n for n, op in parts if op in "MDN")
    before = parts[0][0] if parts[0][1] in "SH" else 0
    after = parts[-1][0] if parts[-1][1] in "SH" else 0
    return read, genome, before, after


def sam(reads, contigs=CONTIGS):
    lines = [f"@SQ\tSN:{name}\tLN:{length}" for name, length in contigs]
    for r in reads:
        n = lengths(r.cigar)[0] if r.cigar != "*" else 4
        place = [contigs[r.contig][0] if r.contig >= 0 else "*", r.start + 1, r.mapq, r.cigar]
        mate = [contigs[r.mate_contig][0] if r.mate_contig >= 0 else "*", r.mate_start + 1, 0]
        lines.append(
            "\t".join(map(str, [r.name, r.flag, *place, *mate, "A" * n, chr(33 + r.quality) * n, *r.tags]))
        )
    return "\n".join(lines) + "\n"


def bgzip(data):
    blocks = []
    for at in [*range(0, len(data), 60000), None]:
        text = b"" if at is None else data[at : at + 60000]
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(text) + deflate.flush()
        head = (
            b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x06\x00BC\x02\x00" + struct.pack("<H", len(packed) + 25)
        )
        blocks.append(head + packed + struct.pack("<II", zlib.crc32(text), len(text)))
    return b"".join(blocks)


def bam(reads, contigs=CONTIGS):
    data = b"BAM\1" + struct.pack("<ii", 0, len(contigs))
    for name, length in contigs:
        data += struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
    for r in reads:
        n = lengths(r.cigar)[0]
        ops = [int(n) << 4 | "MIDNSH".index(op) for n, op in re.findall(r"(\d+)([MIDNSH])", r.cigar)]
        name = r.name.encode() + b"\0"
        body = struct.pack("<iiBBHHHiiii", r.contig, r.start, len(name), r.mapq, 0, len(ops), r.flag, n,
                           r.mate_contig, r.mate_start, 0)  # fmt: skip
        body += name + struct.pack(f"<{len(ops)}I", *ops) + b"\x11" * ((n + 1) // 2) + bytes([r.quality]) * n
        for tag in r.tags:
            body += tag[:2].encode() + b"Z" + tag[5:].encode() + b"\0"
        data += struct.pack("<i", len(body)) + body
    return bgzip(data)


def random_pairs(seed, n):
    """Pairs with equal ones among them, clipped ends, low quality, odd flags; in any order."""
    rng = random.Random(seed)
    reads = []
    for i in range(n):
        start = rng.choice([rng.randrange(30), rng.randrange(700)])
        length = rng.randrange(8, 40)
        end = start + rng.randrange(length, 150)
        barcode, contig = rng.choice(["AAAC-1", "CCCG-1", "TT", None]), rng.randrange(3)
        for copy in range(rng.choice([1, 1, 2, 5])):
            made = pair(
                f"read{i}.{copy}",
                start,
                end,
                barcode,
                contig,
                length,
                (rng.choice([60, 60, 30, 29]), rng.choice([60, 60, 30, 0])),
                clip=(rng.choice([0, 0, 1, 3]), rng.choice([0, 0, 2])),
                quality=(rng.randrange(13, 18), rng.randrange(13, 18)),
                swapped=rng.random() < 0.5,
            )
            if rng.random() < 0.1:
                made = [r._replace(flag=r.flag ^ rng.choice([0x2, 0x200, 0x400, 0x100])) for r in made]
            reads += made[:1] if rng.random() < 0.05 else made
    rng.shuffle(reads)
    return reads


def slow_fragments(reads, contigs=CONTIGS, min_mapq=30, shift=(4, -5)):
    """What `fragments` must make of them, in a few lines of its own."""
    mates, molecules, rows = {}, {}, {}
    for r in reads:
        barcode = next((tag[5:] for tag in r.tags if tag.startswith("CB:Z:")), None)
        if not r.flag & 0xF04 - 0x400 and r.flag & 2 and barcode and r.mapq >= min_mapq:
            mates.setdefault(r.name, []).append((r, barcode))
    for two in mates.values():
        if len(two) != 2:
            continue
        (forward, barcode), (reverse, _) = sorted(two, key=lambda x: x[0].flag & 16)
        _, _, before, _ = lengths(forward.cigar)
        n, genome, _, after = lengths(reverse.cigar)
        left, right = forward.start - before, reverse.start + genome + after
        score = [r.quality * lengths(r.cigar)[0] if r.quality >= 15 else 0 for r in (forward, reverse)]
        molecules.setdefault((forward.contig, left, right, barcode), []).append(
            ((score[0], -forward.start), (score[1], reverse.start + genome))
        )
    for (contig, _, _, barcode), equal in molecules.items():
        start = -max(first for first, _ in equal)[1] + shift[0]
        end = max(second for _, second in equal)[1] + shift[1]
        if start < end:
            key = (contig, start, end, barcode)
            rows[key] = rows.get(key, 0) + len(equal)
    return [(contigs[c][0], s, e, b, n) for (c, s, e, b), n in sorted(rows.items())]
