"""What the documentation tells people to type."""

import pathlib
import re
import subprocess

import contract
from cluster import QCCTL, run

# What is everybody's, and stands in no verb's help.
EVERYWHERE = {"--endpoints", "--tenant", "--timeout", "--output"}
EVERYWHERE |= {"--cacert", "--cert", "--key", "--api-key-file"}


def _commands(text):
    """Each qcctl or quorumcalld of a shell block, without comment."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        block = block.replace("\\\n", " ")
        for line in block.splitlines():
            for part in re.split(r"[;|&]+", line.split(" #")[0]):
                words = part.split()
                if words and words[0] in ("qcctl", "quorumcalld"):
                    yield words


def _is_understood(words):
    if words[0] == "quorumcalld":
        daemon = pathlib.Path(QCCTL).with_name("quorumcalld")
        text = subprocess.run([daemon, "--help"], capture_output=True, text=True).stdout
    else:
        at = 1
        while words[at].startswith("--"):
            at += 2
        noun, verb = words[at : at + 2]
        text, _ = run(noun, verb, "--help")
        assert f"usage: qcctl {noun} {verb}" in text, words
    for word in words[1:]:
        option = word.split("=")[0]
        if word.startswith("--") and option not in EVERYWHERE:
            # The last words of a field's name are enough.
            assert re.search(rf"-{option[1:]}\b|{option[1:]}\b", text), (words, option)


def commands_in_the_documentation_are_understood():
    """Each verb and option of every shell block is one that there is."""
    n = 0
    for path in [contract.ROOT / "README.md", *sorted(contract.ROOT.glob("docs/*.md"))]:
        for words in _commands(path.read_text()):
            _is_understood(words)
            n += 1
    assert n > 30, n
