"""How the page looks: theme, colours of entity types, style sheet."""

from collections.abc import Iterable, Sequence

import gradio as gr

from ner_core.render.colours import PALETTE, EntityColours


def theme() -> gr.themes.Base:
    """Give a calm theme with the system's own fonts: nothing is fetched from the network."""
    return gr.themes.Soft(
        primary_hue="blue",
        secondary_hue="slate",
        neutral_hue="slate",
        radius_size="md",
        font=["ui-sans-serif", "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        block_title_background_fill="none",
        block_title_background_fill_dark="none",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_text_weight="600",
        block_title_padding="0",
        block_border_width="1px",
        block_shadow="none",
        block_shadow_dark="none",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_600",
        input_border_width="1px",
        input_border_width_dark="1px",
        input_shadow="none",
        input_shadow_dark="none",
    )


def colour_class(label: str, colours: EntityColours) -> str:
    """Give the style class of an entity type: the same in all that is drawn of its model.

    >>> colour_class("LOC", EntityColours(["PER", "LOC"]))
    'ner-c2'
    """
    return f"ner-c{colours[label]}"


def line_colours(labels: Sequence[str], types: Iterable[str]) -> list[str]:
    """Give the colour of some types' lines in a chart: that of their marks, if it is one's alone.

    ``types`` are all of the model: more than there are colours share them.

    >>> line_colours(["PER", "LOC"], ["LOC", "ORG", "PER"])
    ['#0072b2', '#009e73']
    """
    colours = EntityColours(types)
    wanted = {colours[label] for label in labels}
    taken: list[int] = []
    for label in labels:
        own = colours[label]
        numbers = [(own + more) % len(PALETTE) for more in range(len(PALETTE))]
        free = [number for number in numbers if number not in taken]
        unwanted = [number for number in free if number not in wanted]
        taken.append(own if own in free else [*unwanted, *free, own][0])
    return [PALETTE[number].line for number in taken]


def _colours() -> str:
    rules = []
    for number, (light, dark, line) in enumerate(PALETTE):
        rules.append(f".ner-c{number} {{ --tint: {light}; --line: {line}; }}")
        rules.append(f".dark .ner-c{number} {{ --tint: {dark}; --line: {line}; }}")
    return "\n".join(rules)


CSS = (
    _colours()
    + """
.gradio-container { width: 100% !important; max-width: 1180px !important;
  margin: 0 auto !important; }
.gradio-container .main { width: 100%; padding: 1rem clamp(12px, 3vw, 32px) !important; }
footer { opacity: .7; }
#title h1 { margin: .2rem 0 0; font-size: 1.55rem; font-weight: 650; letter-spacing: -.01em; }
#title p { margin: .15rem 0 .3rem; color: var(--body-text-color-subdued); }

.ner-quiet, .ner-quiet p { color: var(--body-text-color-subdued) !important; font-size: .85rem;
  line-height: 1.45; margin: 0; }
.gradio-container .html-container { padding: 0; }
/* A long choice ends before the arrow. */
.gradio-container .secondary-wrap input { text-overflow: ellipsis; padding-right: 1.6rem; }
.ner-empty { color: var(--body-text-color-subdued); padding: 1.6rem 1rem; text-align: center;
  border: 1px dashed var(--border-color-primary); border-radius: var(--radius-lg); }
.ner-error, .ner-warning { border-radius: var(--radius-md); padding: .6rem .8rem; margin: 0;
  line-height: 1.45; overflow-wrap: anywhere; }
.ner-error { background: #fdecea; color: #7a1c14; border-left: 3px solid #c8372a; }
.dark .ner-error { background: #3d1613; color: #f7c9c4; }
.ner-warning { background: #fdf4dd; color: #5f4703; border-left: 3px solid #c98500; }
.dark .ner-warning { background: #3a2c07; color: #f3dfae; }
.ner-list { margin: .5rem 0 0; padding: 0; list-style: none; display: grid; gap: .35rem; }
.ner-list li { font-size: .875rem; line-height: 1.4; padding-left: .7rem;
  border-left: 2px solid var(--border-color-primary); }
.ner-list li.warning { border-color: #c98500; }
.ner-list li.error { border-color: #c8372a; }
.ner-list details { margin-top: .15rem; }
.ner-list ol { margin: .25rem 0 .2rem; padding: 0; list-style: none; display: grid; gap: .2rem; }
.ner-list ol li { border: 0; padding: 0; font-size: .8rem; overflow-wrap: anywhere;
  color: var(--body-text-color-subdued); }
.ner-list code { font-size: .78rem; }
summary { cursor: pointer; font-size: .85rem; color: var(--body-text-color-subdued); }
.ner-more { margin-top: .6rem; }

.ner-text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 2.05; font-size: 1.06rem;
  color: var(--body-text-color); padding: .9rem 1.1rem; background: var(--block-background-fill);
  border: 1px solid var(--border-color-primary); border-radius: var(--radius-lg); }
.ner-text.small { line-height: 1.85; font-size: .92rem; padding: .45rem .7rem; margin: .35rem 0 0; }
.ner-text mark { background: var(--tint); color: inherit; border-bottom: 2px solid var(--line);
  border-radius: 3px; padding: .12em .25em; -webkit-box-decoration-break: clone;
  box-decoration-break: clone; }
.ner-text mark small { font-size: .62em; font-weight: 650; letter-spacing: .04em; opacity: .8;
  margin-left: .45em; vertical-align: .12em; user-select: none; white-space: nowrap; }
.ner-legend { display: flex; flex-wrap: wrap; gap: .4rem .5rem; margin: 0 0 .6rem; padding: 0;
  list-style: none; }
.ner-legend li { display: inline-flex; align-items: center; gap: .4rem; font-size: .83rem;
  padding: .12rem .6rem; border-radius: 999px; background: var(--tint);
  border: 1px solid var(--line); color: var(--body-text-color); }
.ner-legend li.none { opacity: .55; }

/* Scrolls inside, and never makes the page wider than the screen. */
.ner-scroll { overflow-x: auto; width: 0; min-width: 100%; }
.ner-table { width: 100%; border-collapse: collapse; font-size: .9rem;
  font-variant-numeric: tabular-nums; margin: .2rem 0; }
.ner-table th, .ner-table td { padding: .4rem .6rem; text-align: right; border: 0;
  border-bottom: 1px solid var(--border-color-primary); white-space: nowrap; }
.ner-table th { color: var(--body-text-color-subdued); font-weight: 550; }
.ner-table th:first-child, .ner-table td:first-child { text-align: left; white-space: normal;
  overflow-wrap: break-word; padding-left: 0; }
.ner-table .text { text-align: left; }
.ner-table tr.total td { font-weight: 650; }
.ner-table caption { text-align: left; padding: .5rem 0 .1rem; font-size: .85rem;
  color: var(--body-text-color-subdued); }
.ner-dot { display: inline-block; width: .7em; height: .7em; border-radius: 2px;
  background: var(--line); margin-right: .45em; }

.ner-run h3 { margin: 0; font-size: 1.02rem; font-weight: 620; display: flex; gap: .6rem;
  align-items: center; flex-wrap: wrap; overflow-wrap: anywhere; }
.ner-badge { font-size: .76rem; font-weight: 600; padding: .1rem .6rem; border-radius: 999px;
  background: var(--background-fill-secondary); border: 1px solid var(--border-color-primary);
  color: var(--body-text-color); }
.ner-badge.running, .ner-badge.starting { background: #dbeafe; border-color: #93c5fd;
  color: #1e3a8a; }
.ner-badge.finished { background: #d1f2e4; border-color: #7fd0b0; color: #0b5138; }
.ner-badge.failed, .ner-badge.interrupted { background: #fde3e0; border-color: #f0a8a1;
  color: #7a1c14; }
.ner-bar { height: 8px; border-radius: 999px; overflow: hidden; margin: .7rem 0 .45rem;
  background: var(--border-color-primary); }
.ner-bar > div { height: 100%; border-radius: 999px; background: var(--primary-500, #3b82f6);
  transition: width .6s ease; }
.ner-facts { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .88rem;
  color: var(--body-text-color-subdued); font-variant-numeric: tabular-nums; }
.ner-facts b { color: var(--body-text-color); font-weight: 600; }
@media (max-width: 640px) {
  .ner-table th, .ner-table td { padding: .35rem .4rem; font-size: .82rem; }
  .ner-text { padding: .7rem .8rem; }
}
@media (prefers-reduced-motion: reduce) { .ner-bar > div { transition: none; } }
"""
)
