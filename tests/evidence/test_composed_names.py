"""Names that follow from others."""

from kgdx.evidence.composed_names import composed_names


def of(names: dict[str, list[str]], parents: dict[str, set[str]], *short: tuple[str, str]) -> set[str]:
    """ "CURIE: name" of every name that follows."""
    keys = {curie: [tuple(name.split()) for name in each] for curie, each in names.items()}
    forms = [(tuple(long.split()), tuple(shorter.split())) for long, shorter in short]
    return {f"{curie}: {' '.join(key)}" for key, curie in composed_names(keys, parents, forms)}


def test_what_follows_a_comma_is_said_before_it() -> None:
    assert "a: severe hypotonia" in of({"a": ["hypotonia , severe"]}, {})
    assert of({"a": ["pain , left , severe"]}, {}) == {"a: pain , left , severe"}


def test_a_kind_is_called_after_every_name_of_what_it_is_a_kind_of() -> None:
    names = {"child": ["bilateral cryptorchidism"], "parent": ["cryptorchidism", "undescended testis"]}
    found = of(names, {"child": {"parent"}})
    assert "child: bilateral undescended testis" in found
    assert {each for each in found if each.startswith("parent")} == {
        "parent: cryptorchidism", "parent: undescended testis",
    }  # fmt: skip
    assert of(names, {}) == {
        "child: bilateral cryptorchidism", "parent: cryptorchidism", "parent: undescended testis",
    }  # fmt: skip


def test_a_name_that_is_all_of_another_is_not_replaced_in_it() -> None:
    found = of({"child": ["fever"], "parent": ["fever", "pyrexia"]}, {"child": {"parent"}})
    assert "child: pyrexia" not in found


def test_long_words_inside_a_name_are_said_shorter() -> None:
    found = of({"a": ["recurrent urinary tract infection"]}, {}, ("urinary tract infection", "uti"))
    assert "a: recurrent uti" in found
