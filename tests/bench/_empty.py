"""An empty Textual app: what an app of this kind costs at the very least."""

from textual.app import App


class Empty(App[None]):
    BINDINGS = [("x", "bell")]  # noqa: RUF012 - Textual's own type


if __name__ == "__main__":
    Empty().run(mouse=False)
