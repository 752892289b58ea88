"""Many cases, one after another and a few at a time: a case that fails stands for itself alone."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from kgdx.domain.case import Case, FailedCase
from kgdx.domain.errors import BadInputError, KgdxError

logger = logging.getLogger(__name__)

Found = TypeVar("Found")
Answer = TypeVar("Answer")


def answer_many(
    cases: Iterable[Case | FailedCase],
    read: Callable[[Case], Found],
    answer: Callable[[Found, str], Answer],
    num_threads: int,
) -> Iterator[Answer | FailedCase]:
    """Answers in the order of the cases; no more than a few are held at a time.

    Args:
        read: runs in the calling thread, while others answer.
        answer: of what was read and the id of the case; runs in `num_threads` threads.
    """
    with ThreadPoolExecutor(num_threads) as pool:
        waiting: deque[Future[Answer | FailedCase]] = deque()
        for number, case in enumerate(cases, 1):
            waiting.append(_submitted(pool, number, case, read, answer))
            if len(waiting) > num_threads:
                yield waiting.popleft().result()
        yield from (each.result() for each in waiting)


def _submitted(
    pool: ThreadPoolExecutor,
    number: int,
    case: Case | FailedCase,
    read: Callable[[Case], Found],
    answer: Callable[[Found, str], Answer],
) -> "Future[Answer | FailedCase]":
    if isinstance(case, FailedCase):
        return _done(case)
    try:
        found = read(case)
    except Exception as error:
        return _done(_failed(error, number, case.case_id))

    def answered() -> Answer | FailedCase:
        try:
            return answer(found, case.case_id)
        except Exception as error:
            return _failed(error, number, case.case_id)

    return pool.submit(answered)


def _failed(error: Exception, number: int, case_id: str) -> FailedCase:
    """A case of many that could not be answered, by its number from 1 and its id."""
    logger.debug("case %d failed: %s", number, type(error).__name__)
    where = f"case {number}" + (f" ({case_id})" if case_id else "")
    if isinstance(error, BadInputError):
        return FailedCase(case_id, f"{where}, {error.where}", error.fact, error.remedy)
    if isinstance(error, KgdxError):
        return FailedCase(case_id, where, str(error), "see the message")
    # Its text may quote the case.
    fact = f"a defect of kgdx ended it ({type(error).__name__})"
    return FailedCase(case_id, where, fact, "diagnose it alone to see where, and report it")


def _done(failed: FailedCase) -> "Future[Answer | FailedCase]":
    done: Future[Answer | FailedCase] = Future()
    done.set_result(failed)
    return done
