// One pair from near: your mask against the cells, and a growth tried on it.
class Viewer {
  static async open(place, pair, words) {
    const photo = new Image();
    photo.src = pair.photo;
    await photo.decode();
    const viewer = new Viewer(place, pair, words, photo);
    viewer.other = pair.other && (await Replay.weights(pair.other));
    viewer.mask = viewer.grown = pair.mask && (await Replay.mask(pair.mask.data, pair.mask.size));
    viewer.weights = pair.replay ? Replay.cells(viewer.mask, pair) : await Replay.weights(pair.weights);
    viewer.seen = viewer.weights;
    viewer.seeds = pair.seeds && (await Replay.seeds(pair.seeds, viewer.mask));
    viewer.build();
    return viewer;
  }

  constructor(place, pair, words, photo) {
    Object.assign(this, { place, pair, words, photo, wipe: pair.mask ? 0.5 : 0, style: "fill", cell: null, timer: 0, radius: 0 });
  }

  build() {
    const [width, height] = this.pair.bucket;
    this.canvas = element("canvas", { width, height, tabIndex: 0, role: "img" });
    this.canvas.setAttribute("aria-label", this.words("canvas"));
    this.readout = element("p", { className: "readout" }, this.words("hover"));
    this.readout.setAttribute("role", "status");
    this.place.append(element("div", { className: "stage" }, this.canvas), this.readout, ...this.comparing());
    this.place.append(this.trial());
    this.listen();
    this.repaint();
  }

  comparing() {
    this.slider = element("input", { type: "range", className: "wipe", min: 0, max: 100, value: 50, ariaLabel: this.words("wipe") });
    this.slider.oninput = () => this.wiped(this.slider.value / 100);
    const ends = element("div", { className: "ends" });
    ends.append(element("span", {}, "◀ " + this.words("drawn")), element("span", {}, this.words("seen") + " ▶"));
    const flicker = this.toggle("flicker", () => this.flicker(flicker, () => this.wiped(this.wipe > 0.5 ? 0 : 1)));
    const style = element("select", { ariaLabel: this.words("style") });
    for (const key of ["fill", "outline", "picture"]) style.append(element("option", { value: key }, this.words(key)));
    style.onchange = () => ((this.style = style.value), this.paint());
    const controls = element("div", { className: "controls" });
    controls.append(flicker, style);
    if (this.other) {
      const other = this.toggle("other", () =>
        this.flicker(other, () => this.show(this.seen === this.other ? this.weights : this.other)));
      controls.append(other);
    }
    return this.pair.mask ? [element("div", {}, this.slider, ends), controls] : [controls];
  }

  toggle(key, action) {
    const button = element("button", { type: "button", className: key, ariaPressed: "false" }, this.words(key));
    button.onclick = action;
    return button;
  }

  flicker(button, action) {
    const runs = button.ariaPressed === "true";
    clearInterval(this.timer);
    this.place.querySelectorAll("[aria-pressed]").forEach((each) => (each.ariaPressed = "false"));
    if (runs) return this.show(this.grownWeights ?? this.weights);
    button.ariaPressed = "true";
    action();
    this.timer = setInterval(() => (this.canvas.isConnected ? action() : clearInterval(this.timer)), 700);
  }

  wiped(share) {
    this.wipe = share;
    this.slider.value = 100 * share;
    this.paint();
  }

  show(weights) {
    this.seen = weights;
    this.repaint();
  }

  // The growth: the radius, details only or all, and what comes of it.
  trial() {
    const box = element("div", { className: "trial script-only" });
    box.append(element("h4", {}, this.words("grow")));
    if (!this.pair.replay) {
      if (!this.pair.mask) return element("div");
      box.append(element("p", { className: "quiet" }, this.words(this.pair.not_carried ? "not_carried" : "no_replay")));
      return box;
    }
    this.radiusInput = element("input", { type: "range", className: "radius", min: 0, max: this.pair.most, step: 1, value: 0 });
    this.radiusShown = element("output", {}, "0 px");
    this.only = element("input", { type: "checkbox", className: "details-only", checked: Boolean(this.seeds), disabled: !this.seeds });
    this.table = element("table");
    this.command = element("code");
    const slide = element("label", { className: "slide" }, this.words("radius"));
    slide.append(this.radiusInput, this.radiusShown);
    const only = element("label", {}, this.only, " " + this.words("details_only"));
    const copy = element("button", { type: "button", className: "copy" }, this.words("copy"));
    this.commandBox = element("div", { className: "command" }, this.command, copy);
    box.append(slide, only, this.table, this.commandBox);
    this.radiusInput.oninput = this.only.onchange = () => this.tryGrowth();
    this.tryGrowth();
    return box;
  }

  tryGrowth() {
    const radius = Number(this.radiusInput.value), [width, height] = this.pair.mask.size;
    this.grown = this.mask;
    if (radius && this.only.checked) this.grown = Replay.larger(this.mask, Replay.dilate(this.seeds, width, height, radius));
    else if (radius) this.grown = Replay.dilate(this.mask, width, height, radius);
    this.grownWeights = radius ? Replay.cells(this.grown, this.pair) : this.weights;
    this.seen = this.grownWeights;
    this.radiusShown.textContent = `${radius} px`;
    const only = this.only.checked ? " --details" : "";
    this.command.textContent = radius ? `${this.pair.command} --radius ${radius}${only} --output grown` : "";
    this.commandBox.hidden = !radius;
    this.tell();
    if (this.canvas.isConnected) this.repaint();
  }

  // What the growth comes to, as numbers: also for whoever reads them from the page.
  get outcome() {
    return {
      coverage: Replay.mean(this.grown, 255),
      cells: Array.from(this.grownWeights),
      details: this.pair.details.map((each) => Replay.detailWeight(each, this.grownWeights)),
    };
  }

  tell() {
    const after = this.outcome, lostBelow = Page.set.lostBelow;
    const percent = (value) => `${(100 * value).toFixed(2)} %`;
    const weakest = this.pair.details
      .map((each, at) => [each.weight, after.details[at], each.lost])
      .sort((one, other) => one[0] - other[0]);
    const lost = weakest.filter(([, now]) => now < lostBelow).length;
    const rows = [
      [this.words("coverage"), percent(Replay.mean(this.mask, 255)), percent(after.coverage)],
      [this.words("weight_mean"), percent(Replay.mean(this.weights)), percent(Replay.mean(after.cells))],
    ];
    if (weakest.length) {
      rows.push([this.words("still_lost"), weakest.filter(([was]) => was < lostBelow).length, lost]);
      weakest.slice(0, 6).forEach(([was, now], at) =>
        rows.push([`${this.words("detail")} ${at + 1}`, was.toFixed(3), now.toFixed(3)]));
    }
    const head = element("tr", {}, element("th"));
    for (const key of ["before", "now"]) head.append(element("th", { scope: "col" }, this.words(key)));
    this.table.replaceChildren(element("thead", {}, head));
    const body = element("tbody");
    for (const [name, was, now] of rows) {
      const row = element("tr", {}, element("th", { scope: "row" }, name));
      row.append(element("td", {}, String(was)), element("td", {}, String(now)));
      body.append(row);
    }
    this.table.append(body);
  }

  repaint() {
    const [columns, rows] = this.pair.cells;
    this.cellsPicture = Drawing.tinted(this.seen, columns, rows, 1);
    if (this.grown && this.maskPictureOf !== this.grown) {
      this.maskPicture = Drawing.tinted(this.grown, ...this.pair.mask.size, 255);
      this.maskPictureOf = this.grown;
    }
    this.paint();
  }

  paint() {
    const context = this.canvas.getContext("2d"), { width, height } = this.canvas;
    const split = Math.round(width * this.wipe);
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = true;
    context.drawImage(this.photo, 0, 0, width, height);
    if (this.style !== "picture") {
      this.layer(context, [split, 0, width - split, height], this.cellsPicture, [0, 0, ...this.pair.cells], false);
      if (split) {
        const [left, top, right, bottom] = this.pair.mask.window;
        const source = [left, top, right - left, bottom - top];
        this.layer(context, [0, 0, split, height], this.maskPicture, source, true);
      }
      this.rings(context);
    }
    if (split > 0 && split < width) {
      context.fillStyle = "#fff";
      context.fillRect(split - width / 300, 0, width / 150, height);
    }
    if (this.cell !== null) this.markCell(context);
  }

  layer(context, clip, picture, source, smooth) {
    const { width, height } = this.canvas;
    context.save();
    context.beginPath();
    context.rect(...clip);
    context.clip();
    context.imageSmoothingEnabled = smooth;
    if (this.style === "outline") {
      Drawing.outlined(context, picture, source, width, height, smooth);
    } else {
      context.globalAlpha = 0.55;
      context.drawImage(picture, ...source, 0, 0, width, height);
    }
    context.restore();
  }

  rings(context) {
    const shown = this.pair.details.filter((each) => each.lost).map((each) => {
      const weight = (this.pair.replay ? Replay.detailWeight(each, this.seen) : each.weight).toFixed(2);
      const radius = each.radius && !this.radiusInput?.valueAsNumber ? ` → ${each.radius} px` : "";
      return [each.box, "#be1428", weight + radius];
    });
    for (const each of this.pair.leaks) {
      Drawing.ring(context, each.box, "#cc007a", true);
      shown.push([each.box, "#cc007a", each.weight.toFixed(2)]);
    }
    const lost = shown.filter(([, colour]) => colour === "#be1428"), taken = [];
    for (const [box, colour] of lost) Drawing.ring(context, box, colour, false);
    // Rings are told by their labels; of a great many, the first few.
    for (const [box, colour, text] of shown.slice(0, 24)) Drawing.label(context, box, colour, text, taken);
  }

  markCell(context) {
    const [columns, rows] = this.pair.cells, { width, height } = this.canvas;
    const x = (this.cell % columns) * (width / columns), y = Math.floor(this.cell / columns) * (height / rows);
    for (const [shade, thick] of [["#fff", width / 160], ["#111", width / 400]]) {
      [context.strokeStyle, context.lineWidth] = [shade, thick];
      context.strokeRect(x, y, width / columns, height / rows);
    }
  }

  listen() {
    const [columns, rows] = this.pair.cells;
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => {
      const x = Math.floor((event.offsetX / this.canvas.clientWidth) * columns);
      const y = Math.floor((event.offsetY / this.canvas.clientHeight) * rows);
      this.point(Math.min(Math.max(x, 0), columns - 1), Math.min(Math.max(y, 0), rows - 1));
    };
    this.canvas.onkeydown = (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const cell = this.cell ?? 0, x = (cell % columns) + step[0], y = Math.floor(cell / columns) + step[1];
      this.point(Math.min(Math.max(x, 0), columns - 1), Math.min(Math.max(y, 0), rows - 1));
    };
  }

  point(x, y) {
    this.cell = y * this.pair.cells[0] + x;
    this.readout.textContent =
      `${this.words("cell")} ${x}, ${y}: ${this.words("weight")} ${this.seen[this.cell].toFixed(3)}`;
    this.paint();
  }
}
