"""The page that displays the API's reference: Swagger UI, as Powertools ships it, without resources of other hosts."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Final

_ASSETS: Final = "aws_lambda_powertools.event_handler.openapi.swagger_ui"

# The page is at <stage>/docs, so the document's URL is relative to it. Tokens are not kept when the page is closed.
_START: Final = """
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""

_HTML: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{css}</style>
</head>
<body>
<div id="reference"></div>
<noscript>This page needs JavaScript. The document itself is <a href="openapi.json">openapi.json</a>.</noscript>
<script>{bundle}</script>
<script>{start}</script>
</body>
</html>
"""


def page(title: str) -> tuple[str, dict[str, str]]:
    """Returns the page, and the headers that restrict it to this host (Content Security Policy, level 3)."""
    assets = files(_ASSETS)
    bundle = assets.joinpath("swagger-ui-bundle.min.js").read_text("utf-8")
    css = assets.joinpath("swagger-ui.min.css").read_text("utf-8")
    html = _HTML.format(title=title, css=css, bundle=bundle, start=_START)
    policy = {
        "default-src": "'none'",
        "script-src": f"{_hash(bundle)} {_hash(_START)}",
        # Swagger UI sets style attributes.
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return html, {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
    }


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
