"""How many examples the generated tests try: few by default, more for the slow tests in CI and in a long run."""

import os

EXAMPLES = int(os.environ.get("DASH_TRUE404_EXAMPLES", "20"))
#: Whether this is a long run, which does not pass over what differs little from what is tested anyway.
IS_LONG = EXAMPLES >= 100
