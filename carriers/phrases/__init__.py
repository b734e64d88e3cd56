"""What carriers say, by language."""

from carriers.phrases.book import Book, load

BOOKS: dict[str, Book] = {language: load(language) for language in ("es", "pt", "fr", "it", "en", "de")}
