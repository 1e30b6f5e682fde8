"use strict";
// The numbers of `maskprep dilate` and of the trainer, made again: masks are bytes, 255 trains.
// What each step is: maskprep/masks/morphology.py, area.py, resample.py and latent.py.
const Replay = {
  async inflated(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  },

  // Two planes of bits, what trains at all and what trains in full, and the greys between.
  async mask(text, [width, height]) {
    const bytes = await Replay.inflated(text), line = Math.ceil(width / 8), plane = line * height;
    for (const start of [0, plane]) {
      for (let at = start + line; at < start + plane; at++) bytes[at] ^= bytes[at - line];
    }
    const mask = new Uint8Array(width * height);
    let grey = 2 * plane;
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at++) {
        const byte = row * line + (column >> 3), bit = 1 << (column & 7);
        if (bytes[byte] & bit) mask[at] = bytes[plane + byte] & bit ? 255 : bytes[grey++];
      }
    }
    return mask;
  },

  // The mask's values where details are, 0 elsewhere.
  async seeds(text, mask) {
    const bits = await Replay.inflated(text);
    return mask.map((value, at) => ((bits[at >> 3] >> (at & 7)) & 1 ? value : 0));
  },

  async weights(text) {
    const bytes = await Replay.inflated(text);
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 2 }, (_, at) => view.getUint16(2 * at, true) / 65535);
  },

  // Each pixel becomes the largest within the radius: the disk row by row, its lines ever longer.
  dilate(mask, width, height, radius) {
    const result = mask.slice(), line = mask.slice();
    let reach = 0;
    for (let down = Math.floor(radius); down >= 0; down--) {
      const half = Math.min(Math.floor(Math.sqrt(radius * radius - down * down)), width - 1);
      while (reach < half) {
        const step = Math.min(half - reach, reach + 1), before = line.slice();
        for (let row = 0; row < height; row++) {
          const start = row * width, end = start + width;
          for (let at = start + step; at < end; at++) if (before[at - step] > line[at]) line[at] = before[at - step];
          for (let at = start; at < end - step; at++) if (before[at + step] > line[at]) line[at] = before[at + step];
        }
        reach += step;
      }
      const off = down * width;
      for (let at = off; at < mask.length; at++) if (line[at - off] > result[at]) result[at] = line[at - off];
      for (let at = 0; at < mask.length - off; at++) if (line[at + off] > result[at]) result[at] = line[at + off];
    }
    return result;
  },

  larger: (one, other) => one.map((value, at) => Math.max(value, other[at])),

  // Which pixels of a side each pixel of the result is made of: [first, shares].
  areaTaps(length, target) {
    const scale = length / target;
    return Array.from({ length: target }, (_, at) => {
      const start = at * scale, end = Math.min(start + scale, length), first = Math.floor(start + 1e-3);
      const shares = [];
      for (let pixel = first; pixel < end - 1e-3; pixel++) {
        shares.push((Math.min(pixel + 1, end) - Math.max(pixel, start)) / (end - start));
      }
      return [first, shares];
    });
  },

  lanczosTaps(length, target) {
    const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
    const scale = length / target, wide = Math.max(scale, 1);
    return Array.from({ length: target }, (_, at) => {
      const middle = (at + 0.5) * scale;
      const first = Math.max(0, Math.trunc(middle - 3 * wide + 0.5));
      const last = Math.min(length, Math.trunc(middle + 3 * wide + 0.5));
      const shares = [];
      for (let pixel = first; pixel < last; pixel++) {
        const x = (pixel - middle + 0.5) / wide;
        shares.push(x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0);
      }
      const sum = shares.reduce((total, share) => total + share, 0);
      return [first, shares.map((share) => share / sum)];
    });
  },

  // Along rows, then along columns; Pillow rounds to bytes in between, OpenCV does not.
  resize(mask, [width, height], kernel, [wide, high]) {
    if (kernel === "same") return mask;
    const taps = kernel === "area" ? Replay.areaTaps : Replay.lanczosTaps;
    const Between = kernel === "area" ? Float32Array : Uint8ClampedArray;
    const rows = new Between(wide * height), result = new Uint8ClampedArray(wide * high);
    const skips = (length, target) => kernel !== "area" && length === target;
    const across = skips(width, wide) ? Array.from({ length: wide }, (_, at) => [at, [1]]) : taps(width, wide);
    const down = skips(height, high) ? Array.from({ length: high }, (_, at) => [at, [1]]) : taps(height, high);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < wide; column++) {
        const [first, shares] = across[column];
        let sum = 0;
        for (let tap = 0; tap < shares.length; tap++) sum += shares[tap] * mask[row * width + first + tap];
        rows[row * wide + column] = sum;
      }
    }
    for (let row = 0; row < high; row++) {
      const [first, shares] = down[row];
      for (let column = 0; column < wide; column++) {
        let sum = 0;
        for (let tap = 0; tap < shares.length; tap++) sum += shares[tap] * rows[(first + tap) * wide + column];
        result[row * wide + column] = sum;
      }
    }
    return result;
  },

  // The bucket's part of the resized mask, averaged over the latent cells.
  weigh(resized, wide, [left, top], [width, height], [columns, rows]) {
    const weights = new Float32Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      const first = Math.floor((row * height) / rows), last = Math.ceil(((row + 1) * height) / rows);
      for (let column = 0; column < columns; column++) {
        const start = Math.floor((column * width) / columns), end = Math.ceil(((column + 1) * width) / columns);
        let sum = 0;
        for (let y = first; y < last; y++) {
          for (let x = start; x < end; x++) sum += resized[(y + top) * wide + x + left];
        }
        weights[row * columns + column] = sum / 255 / ((last - first) * (end - start));
      }
    }
    return weights;
  },

  cells(mask, pair) {
    const { kernel, target, offset } = pair.replay;
    const resized = Replay.resize(mask, pair.mask.size, kernel, target);
    return Replay.weigh(resized, target[0], offset, pair.bucket, pair.cells);
  },

  // A detail's weight: the mean of the cells that its pixels lie in.
  detailWeight(detail, weights) {
    let sum = 0, pixels = 0;
    for (const [cell, count] of detail.cells) {
      sum += count * weights[cell];
      pixels += count;
    }
    return sum / pixels;
  },

  mean: (values, most = 1) => values.reduce((total, value) => total + value, 0) / values.length / most,
};
