/** What a browser that has opened the page is asked: a script, in words of its own, and what it answers. */

export interface Found {
  /** What a reader would stumble over; empty where all is well. */
  readonly faults: readonly string[];
  readonly plots: number;
  readonly texts: number;
  /** Of the page's paper, 0 black to 1 white. */
  readonly brightness: number;
  readonly images: number;
  /** The embedded JSON, read. */
  readonly report: unknown;
}

/** Text as in WCAG 2.2, success criterion 1.4.3 "Contrast (Minimum)". */
export const pageCheck = `(() => {
  const faults = [];
  const nameOf = (element) => element.tagName + " " + JSON.stringify(element.textContent.trim().slice(0, 60));
  const isShown = (element) => element.getClientRects().length > 0 && element.checkVisibility();
  for (const details of document.querySelectorAll("details")) details.open = true;
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) faults.push("the page is " + document.documentElement.scrollWidth + " px wide, the window " + width);

  const plots = [...document.querySelectorAll("svg.plot")];
  for (const plot of plots) {
    const box = plot.getBoundingClientRect();
    if (box.width < 200 || box.height < 60 || box.left < 0 || box.right > width) faults.push("a plot is at " + JSON.stringify(box));
    const marks = [...plot.querySelectorAll("circle, path")].map((mark) => mark.getBoundingClientRect());
    if (marks.length === 0) faults.push("nothing is drawn in " + nameOf(plot));
    for (const mark of marks) if (mark.left < box.left - 1 || mark.right > box.right + 1 || mark.top < box.top - 1 || mark.bottom > box.bottom + 1)
      faults.push("a mark is cut in " + nameOf(plot));
    const texts = [...plot.querySelectorAll("text")].map((text) => ({ text, box: text.getBoundingClientRect() }));
    for (const { text, box: own } of texts) if (own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1)
      faults.push("text is cut: " + nameOf(text));
    texts.forEach((one, at) => texts.slice(at + 1).forEach((other) => {
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (across > 0 && down > 2) faults.push("texts overlap: " + nameOf(one.text) + " and " + nameOf(other.text));
    }));
  }

  for (const element of document.querySelectorAll("body *:not(script):not(.scroll)")) {
    if (element.ownerSVGElement || element.tagName === "svg" || !isShown(element) || element.closest(".targets thead")) continue;
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) faults.push("it does not fit: " + nameOf(element));
    const box = element.getBoundingClientRect();
    if ((box.left < -1 || box.right > width + 1) && !element.closest(".scroll")) faults.push("it is outside of the window: " + nameOf(element));
  }

  const rgb = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = rgb(color).map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paperOf = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (rgb(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const words = [...document.querySelectorAll("body *:not(script):not(title):not(desc)")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "") && isShown(element));
  for (const element of words) {
    const style = getComputedStyle(element);
    const lights = [luminance(element.ownerSVGElement ? style.fill : style.color), luminance(paperOf(element))].sort();
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (contrast < 4.5) faults.push("too faint, " + contrast.toFixed(1) + ": " + nameOf(element));
    if (parseFloat(style.fontSize) < 12) faults.push("too small: " + nameOf(element));
  }
  return {
    faults, plots: plots.length, texts: words.length, brightness: luminance(getComputedStyle(document.body).backgroundColor),
    images: document.images.length, report: JSON.parse(document.getElementById("report").textContent),
  };
})()`;
