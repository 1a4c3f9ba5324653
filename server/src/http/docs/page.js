// Draws openapi.json as a page. Text only: nothing of the description is taken as markup.
const make = (tag, text, ...children) => {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
};
const row = (cells, tag = "td") => make("tr", "", ...cells.map((cell) => make(tag, cell)));
const name = (schema) =>
  schema?.$ref ? schema.$ref.split("/").pop()
  : schema?.enum ? schema.enum.join(" | ")
  : schema?.oneOf || schema?.anyOf ? (schema.oneOf ?? schema.anyOf).map(name).join(" or ")
  : schema?.type === "array" ? `${name(schema.items)}[]`
  : [schema?.type ?? schema?.const ?? ""].flat().join(" | ");

const draw = (description) => {
  const list = make("ul");
  const articles = [];
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const article = make("article");
      article.id = operation.operationId;
      const title = make("h3");
      const verb = make("span", `${method} `);
      verb.className = "method";
      title.append(verb, make("code", path));
      article.append(title, make("p", operation.summary));
      const parameters = operation.parameters ?? [];
      if (parameters.length > 0) {
        const rows = parameters.map((p) =>
          row([p.required ? `${p.name} (needed)` : p.name, name(p.schema), p.description ?? ""]));
        article.append(make("table", "", row(["parameter", "type", "meaning"], "th"), ...rows));
      }
      const types = Object.entries(operation.requestBody?.content ?? {});
      if (types.length > 0) {
        article.append(make("p", `Takes ${types.map(([type, body]) => `${type} (${name(body.schema)})`).join(", ")}`));
      }
      const answers = Object.entries(operation.responses).map(([status, answer]) => {
        const [type, body] = Object.entries(answer.content ?? {})[0] ?? ["", null];
        return row([status, answer.description ?? "problem", body ? `${type} ${name(body.schema)}` : ""]);
      });
      article.append(make("table", "", row(["status", "meaning", "body"], "th"), ...answers));
      articles.push(article);
      const link = make("a", `${method.toUpperCase()} ${path}`);
      link.href = `#${operation.operationId}`;
      list.append(make("li", "", link));
    }
  }
  document.getElementById("list").replaceChildren(list);
  document.getElementById("addresses").replaceChildren(...articles);
  const shapes = Object.entries(description.components.schemas).map(([title, schema]) =>
    make("article", "", make("h3", title), make("pre", JSON.stringify(schema, null, 2))));
  document.getElementById("shapes").replaceChildren(...shapes);
};

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then(draw)
  .catch(() => {
    document.getElementById("addresses").textContent = "The description could not be read: reload the page.";
  });
