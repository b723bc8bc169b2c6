"""What all parts of the page share: theme, markup, rights, sign-in."""
