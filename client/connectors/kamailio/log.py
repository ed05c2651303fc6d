"""Lines of a log: logfmt, as the nodes write it."""

import sys


def say(event, **fields):
    """One line on standard error."""
    words = [f"event={event}"]
    for name, value in fields.items():
        text = str(value).replace('"', "'").replace("\n", " ")
        words.append(f'{name}="{text}"' if " " in text or not text else f"{name}={text}")
    print(" ".join(words), file=sys.stderr, flush=True)
