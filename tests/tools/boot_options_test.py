"""What boot.py accepts, what it answers to nonsense, and how it writes arguments for the image."""

import os
import tempfile
import unittest

import boot
import boot_options
import command_line
import grub_iso
import qemu

IMAGE = os.path.realpath(__file__)


def parse(*words):
    return boot_options.parse(["--image", IMAGE, *words])


def read_as_image(text):
    """What the image does with its command line."""
    words, word, quote, at = [], None, "", 0
    while at < len(text):
        character = text[at]
        if character == "\\" and quote != "'" and text[at + 1:at + 2] in ("\\", '"', "'"):
            at += 1
            word = (word or "") + text[at]
        elif character in "\"'" and quote in ("", character):
            quote = "" if quote else character
            word = word or ""
        elif character == " " and not quote:
            words, word = words + ([] if word is None else [word]), None
        else:
            word = (word or "") + character
        at += 1
    return words + ([] if word is None else [word])


def hand_on_as_grub(words):
    """GRUB 2.06's grub_create_loader_cmdline."""
    texts = []
    for word in words:
        text = "".join("\\" + character if character in "\\\"'" else character
                       for character in word)
        texts.append(f'"{text}"' if " " in text else text)
    return " ".join(texts)


def read_single_quoted(text):
    """GRUB's lexer and a POSIX shell agree on words in single quotes."""
    return text[1:-1].replace("'\\''", "'")


HARD_WORDS = [
    "a", "b c", "it's", 'say "hi"', "back\\slash", "\\", "\\x41", "two  blanks", "$HOME {a} ;#",
    "tab\there", "new\nline", "x,y", '"', "'", "\\'", '\\"', " ", "--", "grüß", "*",
]


class OptionsTest(unittest.TestCase):
    def test_defaults(self):
        options = parse()
        self.assertEqual((options.cpus, options.memory_mib, options.timeout), (4, 512, 60))
        self.assertEqual((options.accel, options.name), ("tcg", "boot_options_test"))

    def test_values(self):
        options = parse(
            "--cpus=255", "--memory", "2G", "--timeout", "0.5", "--name", "x", "--icount",
            "--module", IMAGE, "--module", IMAGE, "--qemu-arg", "-s", "--", "--cpus", "--", "")
        self.assertEqual((options.cpus, options.memory_mib, options.timeout), (255, 2048, 0.5))
        self.assertEqual((options.name, options.icount), ("x", True))
        self.assertEqual(options.modules, [IMAGE, IMAGE])
        self.assertEqual(options.qemu_arguments, ["-s"])
        self.assertEqual(options.arguments, ["--cpus", "--", ""])
        self.assertEqual(parse("--memory", "64").memory_mib, 64)
        self.assertIsNone(parse("--gdb").timeout)
        self.assertIsNone(parse("--help"))

    def test_one_sentence_for_each_mistake(self):
        for part, *words in (
                ("1 to 255", "--cpus", "0"), ("1 to 255", "--cpus", "256"),
                ("1 to 255", "--cpus", "four"), ("1 to 255", "--cpus", ""),
                ("at least 32M", "--memory", "31M"), ("such as 512M", "--memory", "lots"),
                ("does not exist", "--module", "/nowhere"), ("directory", "--module", "/"),
                ("above 0", "--timeout", "0"), ("above 0", "--timeout", "-1"),
                ("above 0", "--timeout", "nan"), ("tcg or kvm", "--accel", "hax"),
                ("address or thread", "--hosted", "--sanitize", "memory"),
                ("goes with --hosted", "--sanitize", "thread"),
                ("there are: --name", "--foo"), ("there are: --name", "word"),
                ("needs a value", "--cpus"), ("needs a value", "--cpus", "--"),
                ("takes no value", "--iso=1")):
            with self.assertRaises(boot_options.OptionError) as raised:
                parse(*words)
            self.assertIn(part, str(raised.exception))
            self.assertNotIn("\n", str(raised.exception))
        with self.assertRaisesRegex(boot_options.OptionError, "--image FILE is missing"):
            boot_options.parse([])

    def test_modules_are_found_from_where_they_were_typed(self):
        with tempfile.NamedTemporaryFile() as file:
            os.environ["BUILD_WORKING_DIRECTORY"] = os.path.dirname(file.name)
            try:
                self.assertEqual(parse("--module", os.path.basename(file.name)).modules,
                                 [file.name])
            finally:
                del os.environ["BUILD_WORKING_DIRECTORY"]


class QuotingTest(unittest.TestCase):
    def test_qemu_hands_on_the_same_words(self):
        words = HARD_WORDS + ["", ""]
        self.assertEqual(read_as_image(command_line.quote_words(words)), words)

    def test_grub_hands_on_the_same_words(self):
        read = [read_single_quoted(command_line.quote_word_for_grub(word)) for word in HARD_WORDS]
        self.assertEqual(read, HARD_WORDS)
        self.assertEqual(read_as_image(hand_on_as_grub(read)), HARD_WORDS)

    def test_grub_configuration(self):
        text = grub_iso.grub_configuration("it", ["m"], ["a b"])
        self.assertIn("multiboot /boot/image 'a b'\n", text)
        self.assertIn("module /boot/module0 'm'\n", text)
        with self.assertRaises(boot_options.OptionError):
            grub_iso.grub_configuration("it", [], [""])

    def test_module_names(self):
        self.assertEqual(command_line.module_name("/a b/c d,e.txt"), "c_d_e.txt")
        self.assertEqual(command_line.module_name("it's\\"), "it_s_")

    def test_qemu_command(self):
        options = boot_options.Options(image="/i", modules=["/a b", "/c,d"], arguments=["x y"])
        words = qemu.command(options, "/t", 0)
        self.assertEqual(words[words.index("-initrd") + 1], "/t/module0 a_b,/t/module1 c_d")
        self.assertEqual(words[words.index("-append") + 1], '"x y"')


class ComplaintTest(unittest.TestCase):
    def test_every_end_without_a_status_has_one_line(self):
        options = boot_options.Options(image="/i", name="hello")
        stopped = boot.Result(boot.STATUS_NO_END, b"", b"exit status 7", "", False)
        self.assertEqual(
            boot.complaint(options, stopped), "hello: the machine stopped without an exit status")
        late = boot.Result(boot.STATUS_TIMEOUT, b"", b"", "", True)
        self.assertEqual(
            boot.complaint(options, late),
            "hello: no end after 60 s; stopped (--timeout SECONDS allows more)")
        good = boot.Result(125, b"", b"a\nexit status 125\n", "", False)
        self.assertEqual(boot.complaint(options, good), "")


if __name__ == "__main__":
    unittest.main()
