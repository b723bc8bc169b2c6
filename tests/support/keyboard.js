// What is wrong with the place of the keyboard's focus, as a sentence; empty if nothing is.
() => {
  const focus = document.activeElement;
  if (!focus || focus === document.body) return "the focus is lost";
  const about = focus.outerHTML.slice(0, 150);
  // A radio button is drawn by its label, a list by the frame of its field, a chip by its label.
  const frames = [focus, focus.closest("label"), focus.closest(".wrap-inner")].filter(Boolean);
  const seen = frames.some((frame) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(frame);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && !/, 0\)$/.test(outlineColor);
  });
  if (!seen) return `the focus has no outline: ${about}`;
  const shown = frames.filter((frame) => frame.checkVisibility({ visibilityProperty: true }));
  const box = (shown.find((frame) => frame.getBoundingClientRect().width > 2) ?? focus).getBoundingClientRect();
  // Of what is higher than the window, a part is enough.
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  if (bottom <= top || box.right <= 0 || box.left >= innerWidth) return `the focus is out of view: ${about}`;
  const there = document.elementFromPoint((box.left + box.right) / 2, (top + bottom) / 2);
  const related = frames.some((frame) => frame.contains(there) || there?.contains(frame));
  return related ? "" : `the focus is covered by ${there?.outerHTML.slice(0, 100)}: ${about}`;
};
