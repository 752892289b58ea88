"""What is no better than chance is not written unless somebody wants it."""

import numpy as np
import pytest

from kgdx.domain.errors import BadInputError
from kgdx.training.chance import check_better_than_chance, least_auc
from kgdx.training.metrics import area_under_curve


def truths(num: int, positive: int) -> np.ndarray:
    column = np.arange(num) < positive
    return np.stack([column, ~column], axis=1).astype(np.float32)


def test_noise_seldom_exceeds_what_chance_gives() -> None:
    rng, told = np.random.default_rng(0), truths(40, 15)
    noise = [rng.random((40, 1)) for _ in range(400)]
    aucs = [area_under_curve(np.hstack([p, 1 - p]), told, is_multi_label=False) for p in noise]
    assert 0.01 < np.mean(np.array(aucs) > least_auc(told)) < 0.1


@pytest.mark.parametrize(("num", "positive"), [(10, 0), (10, 10)])
def test_labels_of_one_kind_tell_nothing(num: int, positive: int) -> None:
    assert least_auc(truths(num, positive)) == 1.0


def test_more_images_need_less() -> None:
    assert 0.5 < least_auc(truths(400, 200)) < least_auc(truths(40, 20)) < 1.0


def test_chance_is_refused_and_may_be_forced() -> None:
    told = truths(80, 40)
    with pytest.raises(BadInputError, match=r"no better than chance .AUC 0\.400 on 80") as caught:
        check_better_than_chance("the classifier", 0.40, told, is_forced=False)
    assert "--force" in caught.value.remedy
    check_better_than_chance("the classifier", 0.40, told, is_forced=True)
    check_better_than_chance("the classifier", 0.9, told, is_forced=False)
