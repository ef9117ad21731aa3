// Shows the cases of one level and centre; a link to a case that is hidden shows all of them again.
(() => {
  const filters = document.querySelector(".filters");
  const cards = [...document.querySelectorAll(".card")];
  const buttons = [...filters.querySelectorAll("button")];
  const centre = filters.querySelector("select");
  const fits = (card, level, name) =>
    (level === "all" || card.dataset.levels.split(" ").includes(level)) && (!name || card.dataset.centre === name);
  const show = (level) => {
    const name = centre ? centre.value : "";
    buttons.forEach((button) => {
      const n = cards.filter((card) => fits(card, button.dataset.level, name)).length;
      button.setAttribute("aria-pressed", button.dataset.level === level);
      button.querySelector("span").textContent = n;
    });
    cards.forEach((card) => { card.hidden = !fits(card, level, name); });
    filters.querySelector(".nothing").hidden = cards.some((card) => !card.hidden);
  };
  const level = () => buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.level;
  buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset.level)));
  if (centre) centre.addEventListener("change", () => show(level()));
  addEventListener("hashchange", () => {
    const card = document.getElementById(location.hash.slice(1));
    if (!card || !card.hidden) return;
    if (centre) centre.value = "";
    show("all");
    card.scrollIntoView();
  });
  filters.hidden = false;
  show("all");
})();
