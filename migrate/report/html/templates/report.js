"use strict";
/* Shows the tables of a report from the data that lies in the page. Rows are made when they are
   looked at, and texts only ever become text: a policy forbids to make markup of them. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (!data.strings) return;
  const texts = data.strings;
  const SIGNS = ["same", "gain", "loss", "changed", "note"];
  const WORDS = { gain: "gain", loss: "loss", changed: "gain and loss", note: "grants the same" };
  const ABSENT = "absent";
  const MOST_COLUMNS = 120;
  const MOST_PRINTED = 500;

  function make(tag, content, ...classes) {
    const element = document.createElement(tag);
    if (content !== undefined) element.textContent = content;
    element.classList.add(...classes.filter(Boolean));
    return element;
  }

  /* An account's text: isolated, so that it can't turn its surroundings around. */
  function text(place) {
    return make("bdi", texts[place]);
  }

  function cell(place) {
    const td = make("td");
    td.append(text(place));
    return td;
  }

  let ranks = null;
  function rank(place) {
    if (ranks === null) {
      const collator = new Intl.Collator("en", { numeric: true });
      const places = Array.from(texts.keys()).sort((a, b) => collator.compare(texts[a], texts[b]));
      ranks = new Uint32Array(texts.length);
      places.forEach((each, position) => { ranks[each] = position; });
    }
    return ranks[place];
  }

  /* For each text whether it has what is looked for; null where nothing is. */
  function having(query) {
    const wanted = query.trim().toLowerCase();
    if (!wanted) return null;
    return Uint8Array.from(texts, each => each.toLowerCase().includes(wanted) ? 1 : 0);
  }

  function debounced(action) {
    let timer = 0;
    return () => { clearTimeout(timer); timer = setTimeout(action, 150); };
  }

  /* A table that shows a page of rows at a time. `source` has: count, matcher() -> (row -> bool),
     key(name) -> (row -> number), and cells(row) -> table rows. */
  class Grid {
    constructor(root, source) {
      this.root = root;
      this.source = source;
      this.body = root.querySelector("tbody");
      this.sorted = { name: "", down: false };
      this.first = 0;
      root.hidden = false;
      const later = debounced(() => this.filter());
      const form = root.querySelector("form");
      form.addEventListener("submit", event => event.preventDefault());
      form.addEventListener("input", event => { if (event.target.type === "search") later(); });
      form.addEventListener("change", event => {
        if (event.target.type !== "search") this.filter();
      });
      root.querySelector("thead").addEventListener("click", event => {
        const button = event.target.closest("button");
        if (button) this.sort(button.dataset.key);
      });
      this.part("previous").addEventListener("click", () => this.turn(-1));
      this.part("next").addEventListener("click", () => this.turn(1));
      this.part("size").addEventListener("change", () => { this.first = 0; this.show(); });
      this.filter();
    }

    part(name) { return this.root.querySelector(`[data-part="${name}"]`); }
    get size() { return Number(this.part("size").value); }

    filter() {
      if (this.source.prepare) this.source.prepare();
      const matches = this.source.matcher();
      const found = new Uint32Array(this.source.count);
      let count = 0;
      for (let row = 0; row < found.length; row += 1) if (matches(row)) found[count++] = row;
      this.rows = found.subarray(0, count);
      if (this.sorted.name) this.arrange();
      this.first = 0;
      this.show();
    }

    sort(name) {
      this.sorted = { name, down: this.sorted.name === name && !this.sorted.down };
      this.arrange();
      this.first = 0;
      this.show();
    }

    /* Numbers that hold key and place sort without a comparison of ours, and stay stable. */
    arrange() {
      const key = this.source.key(this.sorted.name);
      const many = this.source.count;
      const packed = Float64Array.from(
        this.rows, row => (this.sorted.down ? -key(row) : key(row)) * many + row
      );
      packed.sort();
      this.rows = Uint32Array.from(packed, each => ((each % many) + many) % many);
    }

    turn(by) {
      this.first = Math.max(0, this.first + by * this.size);
      this.show();
      this.root.querySelector(".scroll").scrollTop = 0;
    }

    show() {
      const last = Math.min(this.first + this.size, this.rows.length);
      const rows = [];
      for (let at = this.first; at < last; at += 1) rows.push(this.source.cells(this.rows[at]));
      this.body.replaceChildren(...rows);
      for (const head of this.root.querySelectorAll("thead th")) {
        const button = head.querySelector("button");
        const down = this.sorted.down ? "descending" : "ascending";
        if (button && button.dataset.key === this.sorted.name) head.setAttribute("aria-sort", down);
        else head.removeAttribute("aria-sort");
      }
      const shown = this.rows.length ? `${(this.first + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ` : "";
      const all = this.source.count.toLocaleString("en");
      const of = this.rows.length.toLocaleString("en");
      this.part("status").textContent = this.rows.length === this.source.count
        ? `${shown}${all} rows` : `${shown}${of} rows found, ${all} in all`;
      this.part("previous").disabled = this.first === 0;
      this.part("next").disabled = last >= this.rows.length;
    }
  }

  /* One row for each principal and permission of each change, without writing them all out. */
  function accessSource(root, access) {
    let count = 0;
    for (const [, set, , principals] of access.changes) count += access.sets[set].length * principals.length;
    const change = new Uint32Array(count), delta = new Uint32Array(count), who = new Uint32Array(count);
    let row = 0;
    access.changes.forEach(([, set, , principals], place) => {
      for (const principal of principals) {
        for (let each = 0; each < access.sets[set].length; each += 1, row += 1) {
          change[row] = place; delta[row] = each; who[row] = principal;
        }
      }
    });
    const KINDS = ["gain", "changed", "loss", "note"];
    const part = row => access.deltas[access.sets[access.changes[change[row]][1]][delta[row]]];
    const where = row => access.changes[change[row]][0];
    const through = row => {
      const held = access.changes[change[row]][2];
      return typeof held === "number" ? held : held[delta[row]];
    };
    const places = {
      who: row => who[row], permission: row => part(row)[0], where,
      before: row => part(row)[2], after: row => part(row)[3], through,
    };
    const search = root.querySelector('[data-part="search"]');
    const show = root.querySelector('[data-part="show"]');
    return {
      count,
      matcher() {
        const has = having(search.value), wanted = show.value;
        const fits = wanted === "all" ? () => true
          : wanted === "" ? kind => kind !== 3 : kind => kind === Number(wanted);
        return row => {
          const [permission, kind] = part(row);
          return fits(kind) && (has === null || has[who[row]] === 1 || has[permission] === 1
            || has[where(row)] === 1 || has[through(row)] === 1);
        };
      },
      key(name) { return name === "sign" ? row => part(row)[1] : row => rank(places[name](row)); },
      cells(row) {
        const [permission, kind, before, after] = part(row);
        const tr = make("tr");
        tr.append(make("td", KINDS[kind] === "changed" ? "gain and loss" : KINDS[kind], "sign-cell", KINDS[kind]));
        const head = make("th");
        head.scope = "row";
        head.append(text(who[row]));
        tr.append(head);
        for (const each of [permission, where(row), before, after, through(row)]) tr.append(cell(each));
        return tr;
      },
    };
  }

  function assignmentsSource(root, rows) {
    const search = root.querySelector('[data-part="search"]');
    const show = root.querySelector('[data-part="show"]');
    const column = { who: 1, role: 2, type: 3, where: 4 };
    return {
      count: rows.length,
      matcher() {
        const has = having(search.value), wanted = Number(show.value);
        return row => (!wanted || rows[row][0] === wanted)
          && (has === null || rows[row].some((each, at) => at > 0 && has[each] === 1));
      },
      key(name) { return name === "sign" ? row => rows[row][0] : row => rank(rows[row][column[name]]); },
      cells(row) {
        const [sign, who, role, type, where] = rows[row];
        const tr = make("tr");
        tr.append(make("td", sign === 1 ? "added" : "removed", "sign-cell", SIGNS[sign]));
        const head = make("th");
        head.scope = "row";
        head.append(text(who));
        tr.append(head, ...[role, type, where].map(cell));
        return tr;
      },
    };
  }

  class Matrix {
    constructor(root, matrices) {
      this.root = root;
      this.part = name => root.querySelector(`[data-part="${name}"]`);
      this.matrices = matrices;
      matrices.forEach((each, place) => {
        const option = make("option", texts[each.roleType]);
        option.value = place;
        this.part("type").append(option);
      });
      this.part("types").hidden = matrices.length < 2;
      this.open = new Set();
      this.header = null;
      this.places = new Map(Array.from(data.alphabet, (each, place) => [each, place]));
    }

    get matrix() { return this.matrices[Number(this.part("type").value)]; }
    get count() { return this.matrix.rows.length; }
    get view() { return this.root.querySelector('[name="view"]:checked').value; }

    decoded(row) {
      const cells = this.matrix.rows[row][4];
      if (typeof cells !== "string") return cells;
      const empty = data.alphabet[0];
      const whole = cells.replace(/ (\d+)\./g, (_, count) => empty.repeat(Number(count)));
      return Array.from(whole, each => this.places.get(each));
    }

    label(column) {
      const [name, label] = this.matrix.permissions[column];
      return label < 0 ? texts[name] : `${texts[name]} [${texts[label]}]`;
    }

    /* Which columns are shown; the head of the table is made anew where that changed. */
    prepare() {
      const matrix = this.matrix;
      const wanted = this.part("columns").value.trim().toLowerCase();
      const base = this.part("only").checked ? matrix.changed : Array.from(matrix.permissions.keys());
      const found = base.filter(column => this.label(column).toLowerCase().includes(wanted));
      this.columns = found.slice(0, MOST_COLUMNS);
      const left = found.length - this.columns.length;
      this.part("columns-note").textContent =
        `${this.columns.length} of ${matrix.permissions.length} permissions are shown`
        + (left ? `; ${left} more are found: narrow them by name.` : ".");
      const state = `${this.part("type").value} ${this.columns}`;
      if (state === this.header) return;
      if (this.header !== null && this.header.split(" ")[0] !== this.part("type").value) this.open.clear();
      this.header = state;
      const heads = [this.head("role", "Role", "role"), this.head("action", "Action", "permission")];
      for (const column of this.columns) heads.push(this.head(column, this.label(column), "permission"));
      this.root.querySelector("thead tr").replaceChildren(...heads);
    }

    head(key, label, kind) {
      const head = make("th", undefined, kind);
      head.scope = "col";
      const button = make("button");
      button.type = "button";
      button.dataset.key = key;
      button.append(make("bdi", label));
      head.append(button);
      return head;
    }

    matcher() {
      const { rows } = this.matrix;
      const has = having(this.part("search").value), action = this.part("action").value;
      return row => (action === "" || rows[row][1] === Number(action))
        && (has === null || has[rows[row][0]] === 1);
    }

    key(name) {
      const { rows, kinds } = this.matrix;
      if (name === "role") return row => rank(rows[row][0]);
      if (name === "action") return row => rows[row][1];
      const view = this.view, order = [4, 0, 1, 2, 3];
      const weight = kinds.map(kind => view === "change" ? order[kind[2]] : 2 - kind[view === "before" ? 3 : 4]);
      return row => weight[this.decoded(row)[Number(name)]];
    }

    cells(row) {
      const matrix = this.matrix, [name, action] = matrix.rows[row], view = this.view;
      const fragment = document.createDocumentFragment();
      const tr = make("tr");
      const head = make("th", undefined, "role");
      head.scope = "row";
      const button = make("button");
      button.type = "button";
      button.setAttribute("aria-expanded", String(this.open.has(row)));
      button.append(text(name));
      head.append(button);
      tr.append(head, make("td", ["create", "update", "delete"][action], ["gain", "changed", "loss"][action], "action"));
      const kinds = this.decoded(row);
      for (const column of this.columns) tr.append(this.cell(matrix.kinds[kinds[column]], view));
      fragment.append(tr);
      button.addEventListener("click", () => {
        const opens = !this.open.delete(row);
        if (opens) { this.open.add(row); tr.after(this.detail(row)); } else tr.nextSibling.remove();
        button.setAttribute("aria-expanded", String(opens));
      });
      if (this.open.has(row)) fragment.append(this.detail(row));
      return fragment;
    }

    cell([before, after, sign, had, has], view) {
      if (view !== "change") {
        const held = view === "before" ? before : after, strength = view === "before" ? had : has;
        return make("td", texts[held] === ABSENT ? "–" : texts[held], ["none", "some", "full"][strength]);
      }
      const kind = SIGNS[sign], td = make("td", undefined, kind);
      if (sign) td.append(make("span", `${WORDS[kind]}: ${texts[before]} to `, "vh"));
      td.append(texts[after] === ABSENT && !sign ? "–" : texts[after]);
      return td;
    }

    detail(row) {
      const tr = make("tr"), td = make("td", undefined, "detail"), box = make("div");
      td.colSpan = this.columns.length + 2;
      box.append(...this.told(row));
      td.append(box);
      tr.append(td);
      return tr;
    }

    /* What changes in a role, as a list. */
    told(row) {
      const [, action, before, after] = this.matrix.rows[row];
      const found = [];
      if (before !== after) {
        const line = make("p", "Description: ");
        const had = before < 0 ? make("span", "none") : text(before);
        line.append(...action === 0 ? [text(after)] : action === 2 ? [had]
          : [had, " → ", after < 0 ? make("span", "none") : text(after)]);
        found.push(line);
      }
      const list = make("ul");
      this.decoded(row).forEach((place, column) => {
        const [old, now, sign] = this.matrix.kinds[place];
        if (!sign) return;
        const item = make("li");
        const mark = { gain: "+", loss: "−", changed: "±", note: "=" }[SIGNS[sign]];
        item.append(make("span", `${mark} ${WORDS[SIGNS[sign]]}`, SIGNS[sign]), " ", make("bdi", this.label(column)), ": ");
        item.append(text(old), " → ", text(now));
        list.append(item);
      });
      if (list.childElementCount) found.push(list);
      if (!found.length) found.push(make("p", "It holds no permissions and has no description."));
      return found;
    }

    /* A matrix does not fit on paper: what is printed is a list of what changes. */
    printed(rows) {
      const list = make("ul");
      for (const row of rows.subarray(0, MOST_PRINTED)) {
        const [name, action] = this.matrix.rows[row];
        const item = make("li", `${["create", "update", "delete"][action]} `);
        item.append(text(name), ...this.told(row));
        list.append(item);
      }
      const left = rows.length - Math.min(rows.length, MOST_PRINTED);
      return left ? [list, make("p", `and ${left.toLocaleString("en")} more: narrow the table before printing`)] : [list];
    }
  }

  const found = id => document.getElementById(id);
  if (found("access-grid") && data.access.changes.length) {
    new Grid(found("access-grid"), accessSource(found("access-grid"), data.access));
  }
  if (found("assignments-grid")) {
    new Grid(found("assignments-grid"), assignmentsSource(found("assignments-grid"), data.assignments));
  }
  if (found("matrix") && data.matrices.length) {
    const matrix = new Matrix(found("matrix"), data.matrices);
    const grid = new Grid(found("matrix"), matrix);
    const paper = found("matrix").querySelector(".print-list");
    addEventListener("beforeprint", () => paper.replaceChildren(...matrix.printed(grid.rows)));
    addEventListener("afterprint", () => paper.replaceChildren());
  }
})();
