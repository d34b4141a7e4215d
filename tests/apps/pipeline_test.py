"""What apps/pipeline makes of a file is a gzip file of it, on any number of CPUs."""

import base64
import gzip
import os
import random
import re
import subprocess
import tempfile
import unittest
import zlib

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]
PATIENCE = 240
BLOCK = 64 * 1024


def boot(*words):
    return [f"{RUNFILES}/apps/pipeline/pipeline", *words]


def host(*words):
    return [f"{RUNFILES}/apps/pipeline/pipeline.hosted", "--memory", "512M", *words]


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)


def some_text(size):
    chance = random.Random(1)
    words = [bytes(chance.choices(b"abcdefghij", k=chance.randint(1, 9))) for _ in range(5000)]
    return b" ".join(chance.choices(words, k=size // 4))[:size]


def members_of(text):
    """What Debian's zlib makes of the blocks, by way of Python."""
    members = []
    for begin in range(0, len(text), BLOCK):
        member = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, 16 + zlib.MAX_WBITS, 8)
        members.append(member.compress(text[begin:begin + BLOCK]) + member.flush())
    return members


class Pipeline(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, content):
        path = f"{self.folder.name}/text.txt"
        with open(path, "wb") as file:
            file.write(content)
        return path

    def check_summary(self, done, cpus, text, members):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        shares = [int(share) for share in
                  re.findall(r"^CPU \d+: (\d+) blocks$", done.stdout, re.MULTILINE)]
        self.assertEqual(len(shares), cpus)
        self.assertEqual(sum(shares), len(members))
        whole = b"".join(members)
        self.assertEqual(
            done.stdout.splitlines()[-1],
            f"text.txt: {len(text)} bytes, {len(whole)} compressed, "
            f"whose CRC-32 is {zlib.crc32(whole)}")
        return shares

    def test_makes_what_zlib_makes_of_each_block_and_all_cpus_work(self):
        text = some_text(64 * BLOCK + 1000)
        path = self.file(text)
        members = members_of(text)
        self.assertEqual(gzip.decompress(b"".join(members)), text)
        for command, cpus in ((host, 1), (host, 2), (host, 16), (boot, 1), (boot, 2), (boot, 16)):
            done = run(command("--cpus", str(cpus), "--module", path))
            self.assertGreater(min(self.check_summary(done, cpus, text, members)), 0, done.stdout)

    def test_gunzip_gives_the_file_back(self):
        text = some_text(3 * BLOCK // 2)
        path = self.file(text)
        for command in (boot, host):
            done = run(command("--cpus", "4", "--module", path, "--", "base64"))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            lines = [line for line in done.stdout.splitlines()
                     if not line.startswith("threadbare:")]
            packed = base64.b64decode("".join(lines), validate=True)
            unpacked = subprocess.run(["gunzip"], input=packed, capture_output=True, check=True)
            self.assertEqual(unpacked.stdout, text)

    def test_stops_in_the_middle(self):
        text = some_text(40 * BLOCK)
        path = self.file(text)
        members = members_of(text)
        for command in (boot, host):
            for cpus in (1, 4):
                for blocks in (1, 7):
                    done = run(command("--cpus", str(cpus), "--module", path, "--", str(blocks)))
                    self.check_summary(done, cpus, text, members[:blocks])

    def test_says_what_is_missing(self):
        for words, status, sentence in (
                ([], 2, "there is not one file to compress; pass one with --module FILE"),
                (["--module", self.file(b"")], 2, "text.txt is empty"),
                (["--module", self.file(b""), "--", "fast"], 2,
                 "the arguments are `base64`, for all that is compressed, and how many blocks "
                 "there are to be at most")):
            for command in (boot, host):
                done = run(command(*words))
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertEqual(done.stdout.splitlines()[-1], f"pipeline: {sentence}")


if __name__ == "__main__":
    unittest.main()
