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

  ring(context, [left, top, right, bottom], colour, dashed, label) {
    const radius = Math.max(12, Math.hypot(right - left, bottom - top) / 2 + 6);
    const width = context.canvas.width / 260;
    context.setLineDash(dashed ? [3 * width, 2 * width] : []);
    for (const [shade, thick] of [["#fff", 2.4 * width], [colour, 1.3 * width]]) {
      context.beginPath();
      context.arc((left + right) / 2, (top + bottom) / 2, radius, 0, 2 * Math.PI);
      [context.strokeStyle, context.lineWidth] = [shade, thick];
      context.stroke();
    }
    context.setLineDash([]);
    if (!label) return;
    const size = Math.round(context.canvas.width / 46);
    context.font = `600 ${size}px system-ui, sans-serif`;
    [context.textAlign, context.textBaseline, context.lineJoin] = ["center", "top", "round"];
    const beneath = (top + bottom) / 2 + radius + 2 + size < context.canvas.height;
    const y = (top + bottom) / 2 + (beneath ? radius + 2 : -radius - size - 2);
    const half = context.measureText(label).width / 2;
    const x = Math.min(Math.max((left + right) / 2, half + 2), context.canvas.width - half - 2);
    [context.strokeStyle, context.lineWidth, context.fillStyle] = ["#fff", size / 3, colour];
    context.strokeText(label, x, y);
    context.fillText(label, x, y);
  },
};
