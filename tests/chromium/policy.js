// Does what the page's policy must forbid, and gives the directives that stopped it: those that are
// expected once all have, or what there is after ten seconds.
((expected) => {
  const stopped = new Set();
  document.addEventListener("securitypolicyviolation", (event) => stopped.add(event.effectiveDirective));
  const add = (name, properties) => document.body.append(Object.assign(document.createElement(name), properties));
  add("script", { textContent: "document.title = 'ran'" });
  add("style", { textContent: "main { display: none }" });
  add("img", { src: "http://127.0.0.1:9999/" });
  add("base", { href: "http://127.0.0.1:9999/" });
  add("form", { action: "http://127.0.0.1:9999/", id: "away" });
  document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>");
  document.getElementById("away").submit();
  return new Promise((done) => {
    const give = () => done([...stopped].sort());
    setInterval(() => expected.every((directive) => stopped.has(directive)) && give(), 50);
    setTimeout(give, 10_000);
  });
})
