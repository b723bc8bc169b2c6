"""How the page looks: its theme and the colours of entity types; see also ``page.css``."""

from collections.abc import Iterable, Sequence

import gradio as gr

from ner_core.render.colours import PALETTE, EntityColours

_SUBDUED = "#5a687d"  # slate, between its 500 and its 600


def theme() -> gr.themes.Base:
    """Return the theme. It uses the system's fonts, so nothing is fetched from the network."""
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
        input_background_fill_dark="*neutral_900",
        input_shadow="none",
        input_shadow_dark="none",
        # All text has a contrast of 4.5 or more, in both modes.
        body_text_color_subdued=_SUBDUED,
        input_placeholder_color=_SUBDUED,
        input_placeholder_color_dark="*neutral_400",
        block_label_text_color="*body_text_color",
        block_label_text_color_dark="*body_text_color",
        block_label_background_fill="*background_fill_secondary",
        block_label_background_fill_dark="*background_fill_secondary",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_700",
        checkbox_label_background_fill_selected="*primary_600",
        color_accent="*primary_600",
        link_text_color="*primary_600",
        link_text_color_hover="*primary_700",
        link_text_color_visited="*primary_600",
        link_text_color_dark="*primary_300",
        link_text_color_hover_dark="*primary_200",
        link_text_color_visited_dark="*primary_300",
        input_border_color_focus="*primary_600",
        input_border_color_focus_dark="*primary_400",
        input_shadow_focus="none",
        input_shadow_focus_dark="none",
    )


def colour_class(label: str, colours: EntityColours) -> str:
    """Return the CSS class of an entity type, which is the same wherever its model is shown.

    >>> colour_class("LOC", EntityColours(["PER", "LOC"]))
    'ner-c2'
    """
    return f"ner-c{colours[label]}"


def line_colours(labels: Sequence[str], types: Iterable[str]) -> list[str]:
    """Return the colours of the lines of some types in a chart, all of them different if possible.

    A line has the colour of its type's marks unless another line has it already. ``types`` are all
    types of the model; if there are more types than colours, types share colours.

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


def entity_colours() -> str:
    """Return the style sheet of the classes that ``colour_class`` returns."""
    rules = []
    for number, (light, dark, line) in enumerate(PALETTE):
        rules.append(f".ner-c{number} {{ --tint: {light}; --line: {line}; }}")
        rules.append(f".dark .ner-c{number} {{ --tint: {dark}; --line: {line}; }}")
    return "\n".join(rules)
