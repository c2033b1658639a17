"""Who answered, by observation: a request is asked once untraced and once traced. Nothing of the user's is replaced."""

from .answerer import UNSEEN, Answerer
from .ask import find_answerer

__all__ = ["UNSEEN", "Answerer", "find_answerer"]
