"""What a page says, told apart by the language that its markup claims."""

from html.parser import HTMLParser

_VOID = {"meta", "img", "br", "input"}
_SPOKEN = ("alt", "title", "aria-label", "data-label")


class SpokenPage(HTMLParser):
    """Texts of a page by language, attributes that are read out among them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = [("", "")]
        self._said: list[tuple[str, str]] = []
        self.feed(source)
        self.close()

    def in_language(self, language: str) -> str:
        """All that is said in a language, in one line."""
        return " ".join(" ".join(text for spoken, text in self._said if spoken == language).split())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        language = given.get("lang") or self._open[-1][1]
        self._said += [(language, given[name]) for name in _SPOKEN if given.get(name)]
        if tag not in _VOID:
            self._open.append((tag, language))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        tag, language = self._open[-1]
        if tag not in ("style", "code"):
            self._said.append((language, data))
