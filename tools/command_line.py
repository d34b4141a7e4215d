"""How application arguments and module names are written for the image, by QEMU and by GRUB.

The image splits its command line at blanks. "Double" and 'single' quotes keep blanks. A backslash
before a quote or a backslash, outside single quotes, makes that character an ordinary one.
"""

import os
import re

_PLAIN_WORD = re.compile(r"[^ \"'\\]+")
_UNSAFE_IN_NAME = re.compile(r"[\s,\"'\\\x00-\x1f\x7f]")


def quote_word(word):
    """Writes one argument as the image reads it."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quote_words(words):
    return " ".join(quote_word(word) for word in words)


def quote_word_for_grub(word):
    """Writes one argument in grub.cfg; GRUB's own quoting then makes it what the image reads.

    GRUB hands on arguments with a backslash before every quote and backslash, and with double
    quotes around those that have a blank. Newer ones leave the backslash of \\xHH alone.
    """
    return "'" + word.replace("'", "'\\''") + "'"


def quote_words_for_grub(words):
    return " ".join(quote_word_for_grub(word) for word in words)


def module_name(path):
    """The name the image sees: the file's, less what QEMU or GRUB would treat as syntax."""
    return _UNSAFE_IN_NAME.sub("_", os.path.basename(path))
