// Return the visible texts of the page whose contrast is less than `least`, each with its contrast.
(least) => {
  const numbers = (text) => text.match(/[\d.]+/g).map(Number);
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = numbers(colour);
    const scale = colour.startsWith("color(srgb") ? 255 : 1;
    return [red * scale, green * scale, blue * scale, alpha];
  };
  const over = ([red, green, blue, alpha], below) =>
    [red, green, blue].map((part, index) => part * alpha + below[index] * (1 - alpha));
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) =>
      part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (element, colour) => {
    const above = [];
    let opacity = 1;
    for (let part = element; part; part = part.parentElement) {
      above.unshift(parse(getComputedStyle(part).backgroundColor));
      opacity *= Number(getComputedStyle(part).opacity);
    }
    const ground = above.reduce((below, layer) => over(layer, below), [255, 255, 255]);
    const [red, green, blue, alpha] = parse(colour);
    const text = over([red, green, blue, alpha * opacity], ground);
    const [dark, light] = [luminance(text), luminance(ground)].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  };
  const seen = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    element.getBoundingClientRect().width > 1 &&
    !element.closest("script, style, svg, :disabled");
  const faint = [];
  const check = (element, text, colour) => {
    const found = contrast(element, colour);
    if (found < least) faint.push(`${text.trim().slice(0, 40)}: ${found.toFixed(2)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, data } = texts.currentNode;
    if (data.trim() && seen(element)) check(element, data, getComputedStyle(element).color);
  }
  for (const field of document.querySelectorAll("textarea, input:not([type]), [type=text]")) {
    if (!seen(field)) continue;
    if (field.value) check(field, field.value, getComputedStyle(field).color);
    else check(field, field.placeholder, getComputedStyle(field, "::placeholder").color);
  }
  return faint;
}
