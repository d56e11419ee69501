"""Names for runs and logged models that come without one."""

import secrets

_HOW = (
    "able amber bold brave bright calm clever crisp daring deft eager early fair fleet fond gentle glad grand hardy "
    "honest keen kind light lively lucky merry mellow modest neat nimble noble patient plucky polite proud quick "
    "quiet rapid rare ready robust sage serene sharp silent sincere sleek smart solid steady sturdy subtle swift "
    "tidy upbeat vivid warm wise witty"
)
_WHO = (
    "ant auk bear bee bison boar carp cod colt crab crane crow deer dove duck eagle eel elk ewe falcon finch fox "
    "frog gnu goat goose grouse gull hare hawk hen heron horse ibex jay kite koi lark lynx mink mole moth newt "
    "otter owl panda perch pike quail ram raven robin seal shark shrew skink snail sole squid stag stork swan tern "
    "toad trout vole wasp whale wolf wren yak zebra"
)


def invent_name() -> str:
    """Two words and a number, easy to say and rarely the same twice."""
    return f"{secrets.choice(_HOW.split())}-{secrets.choice(_WHO.split())}-{secrets.randbelow(1000)}"
