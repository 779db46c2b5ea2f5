"""The look of the page: on a phone and a desktop, light and dark, on paper."""

from __future__ import annotations

# name -> (light, dark)
COLOURS = {
    "page": ("#ffffff", "#15181c"),
    "panel": ("#f5f7fa", "#1e232a"),
    "text": ("#1b1f24", "#e6e9ed"),
    "quiet": ("#57606a", "#a0aab4"),
    "line": ("#d5dae0", "#363d46"),
    "link": ("#0b57d0", "#8ab4f8"),
    "good": ("#116329", "#6fd08c"),
    "bad": ("#b3261e", "#f2b8b5"),
}


def _variables(column: int) -> str:
    return " ".join(f"--{name}: {pair[column]};" for name, pair in COLOURS.items())


_RULES = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--page); padding: .5rem; z-index: 1; }
a { color: var(--link); }
h1 { font-size: clamp(1.5rem, 5vw, 2.2rem); line-height: 1.2; margin: .5rem 0;
  overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 0 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
section { margin: 2.25rem 0; padding-top: 1.5rem; border-top: 1px solid var(--line); }
p { max-width: 46rem; margin: .5rem 0; }
.quiet, figcaption, caption { color: var(--quiet); font-size: .9rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
nav ul { display: flex; flex-wrap: wrap; gap: .4rem 1rem; list-style: none; padding: 0; margin: 0; }
.lead { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .9rem; margin: 1rem 0; }
.lead strong { font-size: clamp(2.2rem, 9vw, 3.4rem); line-height: 1.1;
  font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem;
  margin: 1rem 0; }
.facts div { background: var(--panel); border-radius: .5rem; padding: .6rem .8rem; min-width: 0; }
.facts dt { color: var(--quiet); font-size: .85rem; }
.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: 1rem 0; }
.wide:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
caption { text-align: left; padding-bottom: .35rem; }
th, td { text-align: left; padding: .3rem .7rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { background: var(--panel); white-space: nowrap; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
figure { margin: 0; min-width: 0; }
figure > svg { display: block; width: 100%; max-width: var(--width); height: auto; }
svg text { fill: currentColor; font-family: inherit !important; }
svg text[style*="fill: #ffffff"] { fill: #ffffff; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
  gap: 1.25rem; align-items: start; margin: 1rem 0; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1rem;
  list-style: none; padding: 0; margin: 1rem 0; }
.gallery .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; }
.gallery img { width: 100%; height: auto; display: block; }
img.pixels { image-rendering: pixelated; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
  gap: 1.25rem; align-items: start; margin: .75rem 0; }
.maps img { width: 100%; height: auto; display: block; } .small { max-width: 10rem; }
.wide figure > svg { width: var(--width); max-width: none; }
.gallery figcaption { margin-top: .35rem; overflow-wrap: anywhere; }
details summary { cursor: pointer; color: var(--link); margin: 1rem 0 .5rem; }
.paper { background: #ffffff; border-radius: .5rem; padding: .5rem; width: fit-content;
  max-width: 100%; }
.advice { padding-left: 1.2rem; max-width: 46rem; } .advice li { margin: .6rem 0; }
pre { background: var(--panel); border-radius: .5rem; padding: .8rem; overflow-x: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace;
  font-size: .9em; }
footer { color: var(--quiet); font-size: .9rem; margin-top: 3rem; }
@media (max-width: 30rem) {
  table { font-size: .84rem; } th, td { padding: .25rem .4rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, .skip { display: none; }
  .wide { overflow: visible; } section { break-inside: auto; }
  figure, tr, .facts div, .gallery li { break-inside: avoid; } h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
}
"""

STYLE = (
    f":root {{ color-scheme: light dark; {_variables(0)} }}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(1)} }} }}\n"
    f"@media print {{ :root {{ color-scheme: light; {_variables(0)} }} }}{_RULES}"
)
