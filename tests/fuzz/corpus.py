"""Inputs that the fuzzing starts from: small whole files of each kind, and torn ones."""

import gzip
import json
import struct
import zlib

from support.alignments import CONTIGS, bam, pair, random_pairs, sam
from support.optional_data import DATA

FRAGMENTS = (
    b"# header\nchr1\t0\t147\tACGTACGTACGTACGT-1\t2\n"
    b"chr1\t10\t10\tACGTACGTACGTACGA-1\t1\n\nchr1\t99999999\t123456789\tsample:cell_7\t4294967295\t+\textra\n"
    b"chrUn_KI270442v1\t5\t2147483646\tx\nchr2\t1\t2\tA\t1\r\n"
)
BAD_FRAGMENTS = (
    b"chr1\t-1\t5\tA\t1\nchr1\t5\t1\tA\t1\nchr1\t1\t2\t\t1\nchr1\tx\t2\tA\t1\nchr1\t1\t99999999999999999999\tA\t1\n"
    b"chr1 1 2 A 1\nchr1\t1\n\x00\x00\nchr1\t1\t2\tA\t-5\nchr1\t1\t2\tA\t1e3"
)


def bgzf_block(text):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(text) + packer.flush()
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
    return head + packed + struct.pack("<II", zlib.crc32(text), len(text))


def fragment_lines():
    quick = b"".join(
        b"chr1\t%d\t%d\tACGTACGTACGTACG%c-1\t%d\n" % (i, i + 99, b"ACGT"[i % 4], i) for i in range(40)
    )
    seeds = [
        FRAGMENTS,
        BAD_FRAGMENTS,
        quick,
        quick.replace(b"\n", b"\r\n"),
        quick.replace(b"chr1", b"GL000219.1"),
    ]
    for path in sorted(DATA.glob("*/*fragments*.tsv.gz"))[:5]:
        with gzip.open(path) as file:
            seeds.append(file.read(4000))
    return seeds


def deflate():
    def packed(text, strategy=zlib.Z_DEFAULT_STRATEGY):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15, 9, strategy)
        return packer.compress(text) + packer.flush()

    texts = [FRAGMENTS * 3, BAD_FRAGMENTS, b"", b"ab" * 400, bytes(range(256)) * 2]
    as_they_come = [
        bytes([1, len(text) % 256, len(text) // 256, 2]) + packed(text, strategy)
        for text in texts
        for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY)
    ]
    return as_they_come + [bytes([0, 6, 0, 3]) + text for text in texts]


def bgzf():
    blocks = bgzf_block(FRAGMENTS) + bgzf_block(BAD_FRAGMENTS)
    end = bgzf_block(b"")
    whole = [
        blocks + end,
        blocks,
        end,
        blocks[:-9] + end,
        gzip.compress(FRAGMENTS),
        blocks + gzip.compress(FRAGMENTS),
    ]
    whole += [FRAGMENTS, b"", blocks.replace(b"BC", b"XX")]
    as_they_come = [bytes([1 | way, 0, 0]) + content for content in whole for way in (0, 2, 4)]
    return as_they_come + [bytes([0, 40, cut]) + FRAGMENTS for cut in (10, 30, 255)]


def fragment_cache():
    rows = b"".join(struct.pack("<4I", 1000 * i % 7001, i, i % 5, 1 + i % 3) for i in range(200))
    column = b"\x01" + bytes(range(16))
    block = struct.pack("<6I", 100, 5, *[len(column)] * 4) + 4 * column
    return [b"\x00\x00EPICACHE\x01" + bytes(200), b"\x01\x09" + block, b"\x02\x00" + rows, b"\x02\x01" + rows]


def alignments():
    """The first byte says where barcodes are and how the rest is packed."""
    reads = pair("ACGT:1", 100, 300) + random_pairs(1, 4)
    text, packed = sam(reads).encode(), bam(reads)
    plain = gzip.decompress(packed)
    header = 4 + 4 + 4 + sum(8 + len(name) + 1 for name, _ in CONTIGS)
    bodies = [(0, text), (0, packed), (0, packed[:-28]), (2, plain), (2, text), (4, plain[header:])]
    return [bytes([way | tag]) + body for way, body in bodies for tag in (0, 1)]


def manifest():
    shard = {"file": "a.h5mu", "samples": ["a"], "cells": 3, "peak_entries": 7, "gene_entries": 0}
    shard |= {"has_rna": False, "bytes": 4096, "sha256": "0" * 64}
    table = {"file": "peaks.bed", "count": 2, "identity": "0" * 64}
    whole = {"format": "epifoundry-atlas", "version": 1, "genome": "hg38", "peaks": table}
    whole |= {
        "genes": {"file": "", "count": 0, "identity": ""},
        "shards": [shard],
        "split": None,
        "provenance": {},
    }
    return [json.dumps(whole).encode(), b"{}", b"[" * 500, b'{"shards": 1e400}']


def safetensors():
    header = json.dumps(
        {"__metadata__": {"a": "b"}, "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    )
    lies = header.replace("[2]", "[9223372036854775807, 4]")
    return [struct.pack("<Q", len(text)) + text.encode() + bytes(8) for text in (header, lies, "{}", "[")]


def torch_archive():
    tensor = (
        b"\x80\x02}(X\x05\x00\x00\x00modelctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage"
        b"ctorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK\x00K\x02K\x02\x86K\x02K\x01\x86"
        b"\x89ccollections\nOrderedDict\n)RtRu."
    )
    return [
        tensor,
        b"\x80\x02}.",
        b"\x80\x02cposix\nsystem\n(X\x01\x00\x00\x00xtR.",
        b"PK\x05\x06" + bytes(18),
    ]


SEEDS = {
    "fragment_lines": fragment_lines,
    "deflate": deflate,
    "bgzf": bgzf,
    "fragment_cache": fragment_cache,
    "alignments": alignments,
    "manifest": manifest,
    "safetensors": safetensors,
    "torch_archive": torch_archive,
}
