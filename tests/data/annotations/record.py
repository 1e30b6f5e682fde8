# mypy: ignore-errors
"""Record what the real tools make of made-up shapes: ``python record.py TOOL [SOURCE]``.

Run in an environment that has the tool; SOURCE is the tool's own file where it is not imported
whole (labelme/utils/shape.py, label_studio_sdk/converter/brush.py, ultralytics/data/utils.py,
CVAT's transformations.py). README.md names the versions that were recorded.
"""

import ast
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 40, 30
HERE = Path(__file__).parent


def packed(mask):
    return [np.packbits(row).tobytes().hex() for row in np.asarray(mask) > 0]


def outlines(seed, count=60):
    """Make outlines of every kind: whole and broken corners, crossings, thin ones, outside."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        corners = int(rng.integers(3, 13))
        points = rng.uniform(-6, [WIDTH + 6, HEIGHT + 6], (corners, 2))
        if number % 4 == 0:
            points = np.rint(points)
        elif number % 4 == 1:
            points = np.rint(points * 2) / 2
        elif number % 4 == 2:
            points = np.round(points, 2)
        if number % 10 == 9:
            points[:, 1] = points[0, 1] + rng.uniform(-0.4, 0.4, corners)
        yield points.tolist()
    yield [[0, 0], [4, 0], [4, 4], [0, 4]]


def module(path):
    spec = importlib.util.spec_from_file_location("taken", path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def functions(path, names, scope):
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    body = [each for each in tree.body if getattr(each, "name", "") in names]
    for each in body:
        each.bases = []
    exec(compile(ast.Module(body, []), path, "exec"), scope)
    return [scope[name] for name in names]


def coco(source):
    from pycocotools import mask

    for points in outlines(1):
        runs = mask.frPyObjects([np.ravel(points).tolist()], HEIGHT, WIDTH)
        joined = mask.merge(runs)
        yield {
            "points": points,
            "counts": joined["counts"].decode(),
            "rows": packed(mask.decode(joined)),
        }


def labelme(source):
    fill = module(source).shape_to_mask
    rng = np.random.default_rng(2)
    cases = [("polygon", points) for points in outlines(2)]
    for kind, count in (("rectangle", 2), ("circle", 2), ("line", 2), ("linestrip", 4), ("point", 1)):
        for number in range(12):
            points = rng.uniform(0, [WIDTH, HEIGHT], (count, 2))
            points = np.rint(points) if number % 3 == 0 else points
            points = np.sort(points, axis=0) if kind == "rectangle" else points
            cases.append((kind, points.tolist()))
    for kind, points in cases:
        yield {"kind": kind, "points": points, "rows": packed(fill((HEIGHT, WIDTH), points, kind))}


def yolo(source):
    import cv2

    (fill,) = functions(source, ["polygon2mask"], {"np": np, "cv2": cv2})
    for points in outlines(3, 120):
        shares = (np.array(points) / [WIDTH, HEIGHT]).round(6).astype(np.float32)
        scaled = shares * np.array([WIDTH, HEIGHT], np.float32)
        yield {"shares": shares.tolist(), "rows": packed(fill((HEIGHT, WIDTH), [scaled.reshape(-1)]))}


def cvat(source):
    import types

    import cv2
    from pycocotools import mask as mask_utils

    import math

    class Plain:
        RleMask = staticmethod(lambda **given: given["rle"])
        Mask = None

    scope = {"np": np, "cv2": cv2, "mask_utils": mask_utils, "dm": Plain, "math": math}
    ellipses, rows = functions(source, ["EllipsesToMasks", "MaskConverter"], scope)
    rng = np.random.default_rng(4)
    for _ in range(30):
        centre, radii = rng.uniform(0, [WIDTH, HEIGHT]), rng.uniform(0, 14, 2)
        turn = float(rng.choice([0, rng.uniform(0, 360)]))
        centre, radii = centre.round(2).tolist(), radii.round(2).tolist()
        drawn = types.SimpleNamespace(
            points=[*centre, centre[0] + radii[0], centre[1] - radii[1]],
            rotation=turn, label=0, z_order=0, attributes={}, group=0,
        )
        made = ellipses.convert_ellipse(drawn, HEIGHT, WIDTH)
        made = made() if callable(made) else made
        yield {"centre": centre, "radii": radii, "turn": turn, "rows": packed(mask_utils.decode(made))}
    for _ in range(6):
        width, height = rng.integers(1, 12, 2).tolist()
        left, top = int(rng.integers(0, WIDTH - width)), int(rng.integers(0, HEIGHT - height))
        flat = rng.integers(0, 2, width * height)
        edges = np.flatnonzero(np.diff(flat, prepend=0)).tolist()
        counts = np.diff([0, *edges, flat.size]).tolist()
        drawn = types.SimpleNamespace(
            points=[*counts, left, top, left + width - 1, top + height - 1],
            label=0, z_order=0, attributes={}, group=0,
        )
        made = rows.cvat_rle_to_dm_rle(drawn, HEIGHT, WIDTH)
        made = made() if callable(made) else made
        box = [left, top, width, height]
        yield {"counts": counts, "box": box, "rows": packed(mask_utils.decode(made))}


def datumaro(source):
    import tempfile

    from datumaro.components.annotation import AnnotationType, Bbox, Ellipse, LabelCategories
    from datumaro.components.annotation import Polygon, RleMask
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image
    from pycocotools import mask as mask_utils

    rng = np.random.default_rng(5)
    shapes = [Polygon(np.ravel(points).tolist(), label=0) for points in outlines(5)]
    for _ in range(12):
        left, top, width, height = rng.uniform(0, 15, 4).tolist()
        shapes.append(Bbox(left, top, width, height, label=1))
        shapes.append(Ellipse(left, top, left + width, top + height, label=1))
    soft = np.asfortranarray(rng.integers(0, 2, (HEIGHT, WIDTH)).astype(np.uint8))
    shapes.append(RleMask(mask_utils.encode(soft), label=1))
    media = Image.from_numpy(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    labels = {AnnotationType.label: LabelCategories.from_iterable(["person", "hat"])}
    items = [
        DatasetItem(f"sub/{number:03}", subset="train", media=media, annotations=[each])
        for number, each in enumerate(shapes)
    ]
    dataset = Dataset.from_iterable(items, categories=labels)
    with tempfile.TemporaryDirectory() as folder:
        dataset.export(folder, "datumaro")
        text = (Path(folder) / "annotations" / "train.json").read_text()
    (HERE / "datumaro.json").write_text(json.dumps(json.loads(text), indent=0) + "\n")
    # As its users do: a file read back, its outlines made masks.
    with tempfile.TemporaryDirectory() as folder:
        dataset.export(folder, "datumaro", save_media=True)
        again = Dataset.import_from(folder, "datumaro")
        again.transform("polygons_to_masks")
        again.transform("boxes_to_masks")
        for item in sorted(again, key=lambda each: each.id):
            (found,) = item.annotations
            yield {"id": item.id, "rows": packed(found.image)}


def label_studio(source):
    brush = module(source)
    rng = np.random.default_rng(6)
    for number in range(4):
        alpha = np.kron(rng.integers(0, 2, (HEIGHT // 5, WIDTH // 5)), np.ones((5, 5), int)) * 255
        if number == 3:
            alpha = rng.integers(0, 256, (HEIGHT, WIDTH))
        pixels = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
        pixels[..., 3] = alpha
        stored = brush.encode_rle(pixels.reshape(-1))
        made = brush.decode_rle(stored).reshape(HEIGHT, WIDTH, 4)[..., 3]
        yield {"rle": stored, "values": made.reshape(-1).tobytes().hex()}


def photoshop(source):
    from PIL import Image
    from psd_tools import PSDImage

    picture = PSDImage.new("RGB", (WIDTH, HEIGHT))
    picture.create_pixel_layer(Image.new("RGBA", (10, 8), (9, 9, 9, 255)), name="hair", top=5, left=-3)
    picture.create_pixel_layer(Image.new("RGBA", (10, 8), (9, 9, 9, 128)), name="veil", top=2, left=4)
    masked = picture.create_pixel_layer(Image.new("RGB", (10, 8)), name="masked", top=5, left=5)
    masked.create_mask(Image.new("L", (4, 8), 100), top=5, left=5)
    group = picture.create_group(name="both")
    hidden = picture.create_pixel_layer(Image.new("RGB", (10, 8)), name="off", top=20, left=20)
    shown = picture.create_pixel_layer(Image.new("RGB", (10, 8)), name="on", top=10, left=20)
    hidden.visible = False
    group.extend([hidden, shown])
    picture.save(HERE / "layers.psd")
    box = (0, 0, WIDTH, HEIGHT)
    for layer in PSDImage.open(HERE / "layers.psd").descendants():
        alpha = layer.composite(viewport=box, force=True, layer_filter=lambda each: each.name != "off" or layer.name == "off")
        values = np.asarray(alpha.convert("RGBA"))[..., 3]
        yield {"layer": layer.name, "values": values.tobytes().hex()}


def _era(library, first, before, after):
    return before if tuple(map(int, library.__version__.split(".")[:2])) < first else after


def main():
    tool, *source = sys.argv[1:]
    name = f"truth-{tool}"
    if tool == "yolo":
        import cv2

        name += f"-{_era(cv2, (4, 11), 'to-opencv-4.10', 'from-opencv-4.11')}"
    if tool == "labelme":
        import PIL

        name += f"-{_era(PIL, (11, 2), 'to-pillow-11.0', 'from-pillow-11.2')}"
    cases = list(globals()[tool](*(source or [None])))
    lines = ",\n".join(json.dumps(each) for each in cases)
    document = f'{{"width": {WIDTH}, "height": {HEIGHT}, "cases": [\n{lines}\n]}}\n'
    (HERE / f"{name}.json").write_text(document, encoding="utf-8")
    print(name, len(cases))


if __name__ == "__main__":
    main()
