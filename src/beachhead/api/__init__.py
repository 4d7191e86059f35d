"""The local server: the service's verbs over HTTP for the page, and the page itself. Thin, like the command line."""
