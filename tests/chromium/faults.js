// What is wrong with the page for somebody who sees it, hears it, or uses the keyboard alone.
(() => {
  const faults = [];
  const demand = (holds, fault) => holds || faults.push(fault);
  const all = (selector) => [...document.querySelectorAll(selector)];

  demand(document.documentElement.lang === "en", "no language");
  demand(all("main").length === 1 && all("h1").length === 1, "not one <main> and one <h1>");
  demand(document.scrollingElement.scrollWidth <= innerWidth, "scrolls sideways");
  demand(getComputedStyle(document.querySelector("main")).maxWidth !== "none" || innerWidth < 500, "no style");
  for (const loaded of performance.getEntriesByType("resource")) faults.push(`loads ${loaded.name}`);

  for (const control of all("input:not([type=hidden]), button")) {
    const label = control.labels?.[0];
    demand((control.ariaLabel ?? label?.innerText ?? control.innerText).trim(), `no name: ${control.outerHTML}`);
    demand((label ?? control).getBoundingClientRect().height >= 40, `too small to touch: ${control.outerHTML}`);
  }

  // WCAG 2.2, 1.4.3.
  const rgb = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3) return color;
    }
    return [255, 255, 255];
  };
  const legible = (element, color, text) => {
    const [a, b] = [light(rgb(color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    demand(contrast >= 4.5, `contrast ${contrast.toFixed(2)}: ${text}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, data } = texts.currentNode;
    if (data.trim()) legible(element, getComputedStyle(element).color, data);
  }
  for (const input of all("[placeholder]")) {
    legible(input, getComputedStyle(input, "::placeholder").color, input.placeholder);
  }
  return faults;
})()
