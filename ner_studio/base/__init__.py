"""What all parts of the page share: theme, HTML, rights, sign-in, polling."""
