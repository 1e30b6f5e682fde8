// What the canvas shows: blue trains, orange is ignored, as in all pictures of maskprep.
const Drawing = {
  stops: [[230, 159, 0], [238, 238, 238], [0, 114, 178]],

  colour(weight) {
    const place = Math.min(Math.max(weight, 0), 1) * 2, low = Math.min(Math.floor(place), 1);
    return Drawing.stops[low].map((value, band) => value + (place - low) * (Drawing.stops[low + 1][band] - value));
  },

  // A picture of values from 0 to `most`, of which one is one pixel.
  tinted(values, width, height, most) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
    values.forEach((value, at) => pixels.data.set([...Drawing.colour(value / most), 255], 4 * at));
    context.putImageData(pixels, 0, 0);
    return canvas;
  },

  // The line along which a tinted picture passes one half.
  outlined(context, picture, source, width, height, smooth) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const drawn = canvas.getContext("2d", { willReadFrequently: true });
    drawn.imageSmoothingEnabled = smooth;
    drawn.drawImage(picture, ...source, 0, 0, width, height);
    const pixels = drawn.getImageData(0, 0, width, height), data = pixels.data;
    const trains = Uint8Array.from({ length: width * height }, (_, at) => +(data[4 * at + 2] > data[4 * at]));
    const thick = Math.max(1, Math.round(width / 400));
    for (let at = 0; at < trains.length; at++) {
      const x = at % width, beside = trains[x + thick < width ? at + thick : at];
      const below = trains[at + thick * width] ?? trains[at];
      const isEdge = trains[at] !== beside || trains[at] !== below;
      data.set(isEdge ? [0, 114, 178, 255] : [0, 0, 0, 0], 4 * at);
    }
    drawn.putImageData(pixels, 0, 0);
    context.drawImage(canvas, 0, 0);
  },

  ring(context, [left, top, right, bottom], colour, dashed) {
    const width = context.canvas.width / 260;
    context.setLineDash(dashed ? [3 * width, 2 * width] : []);
    for (const [shade, thick] of [["#fff", 2.4 * width], [colour, 1.3 * width]]) {
      context.beginPath();
      context.arc((left + right) / 2, (top + bottom) / 2, Drawing.radius(left, top, right, bottom), 0, 2 * Math.PI);
      [context.strokeStyle, context.lineWidth] = [shade, thick];
      context.stroke();
    }
    context.setLineDash([]);
  },

  radius: (left, top, right, bottom) => Math.max(12, Math.hypot(right - left, bottom - top) / 2 + 6),

  // Beneath its ring, above it, or beside it: where no other label is.
  label(context, [left, top, right, bottom], colour, text, taken) {
    const { width, height, clientWidth } = context.canvas;
    const size = Math.round(Math.max(width / 50, (13 * width) / (clientWidth || width)));
    context.font = `600 ${size}px system-ui, sans-serif`;
    [context.textAlign, context.textBaseline, context.lineJoin] = ["center", "middle", "round"];
    const half = context.measureText(text).width / 2, reach = Drawing.radius(left, top, right, bottom);
    const x = (left + right) / 2, y = (top + bottom) / 2, away = reach + size * 0.7;
    const places = [[0, away], [0, -away], [reach + half + 4, 0], [-reach - half - 4, 0], [0, away + size], [0, -away - size]]
      .map(([across, down]) => [Math.min(Math.max(x + across, half + 2), width - half - 2), y + down])
      .filter(([, down]) => down > size / 2 && down < height - size / 2);
    const isFree = ([across, down]) =>
      taken.every((one) => Math.abs(one[0] - across) > one[2] + half || Math.abs(one[1] - down) > size);
    const [across, down] = places.find(isFree) ?? places[0] ?? [x, y];
    taken.push([across, down, half]);
    [context.strokeStyle, context.lineWidth, context.fillStyle] = ["#fff", size / 3, colour];
    context.strokeText(text, across, down);
    context.fillText(text, across, down);
  },
};
