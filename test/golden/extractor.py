#!/usr/bin/env python3
"""Networks as people bring them to `dcgan evaluate --extractor`, small ones, and what they make of images: computed with numpy, images
brought to size by Pillow.

Writes test/golden/extractor.json and test/golden/networks/. Weights and images are computed from a seed by draws.py.

  python3 -m venv /tmp/extractor && /tmp/extractor/bin/pip install numpy onnx pillow
  /tmp/extractor/bin/python test/golden/extractor.py
"""
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from PIL import Image

import draws

SEED = 12
HERE = Path(__file__).parent
NETWORKS = HERE / "networks"
NETWORKS.mkdir(exist_ok=True)
FLOAT, BYTES = TensorProto.FLOAT, TensorProto.UINT8


def weights(stream, *shape):
    return (0.5 * draws.normals(SEED, stream, int(np.prod(shape))).reshape(shape)).astype(np.float32)


def network(name, inputs, outputs, nodes, constants):
    tensor = lambda spec: helper.make_tensor_value_info(*spec)
    graph = helper.make_graph(
        [helper.make_node(op, i, o, **rest) for op, i, o, rest in nodes], name, [tensor(s) for s in inputs],
        [tensor(s) for s in outputs], [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    save(model, NETWORKS / f"{name}.onnx")


def pictures(stream, count, side, channels):
    """As the tests have them: bytes, scaled to [-1, 1]."""
    size = count * side * side * channels
    return ((np.floor(draws.uniforms(SEED, stream, size) * 256) - 127.5) / 127.5).reshape(count, side, side, channels)


def resized(images, height, width):
    one = lambda plane: np.asarray(Image.fromarray(plane.astype(np.float32), "F").resize((width, height), Image.BILINEAR))
    return np.stack([np.stack([one(i[:, :, c]) for c in range(i.shape[2])], 2) for i in images])


# Grey, 28 x 28, both outputs: a mean over each quarter, then two dense layers.
w, v = weights(1, 4, 6), weights(2, 6, 5)
network(
    "grey", [("image", FLOAT, ["N", 1, 28, 28])], [("features", FLOAT, ["N", 6]), ("logits", FLOAT, ["N", 5])],
    [("AveragePool", ["image"], ["quarters"], dict(kernel_shape=[14, 14], strides=[14, 14])),
     ("Flatten", ["quarters"], ["flat"], {}), ("MatMul", ["flat", "w"], ["features"], {}),
     ("MatMul", ["features", "v"], ["logits"], {})], dict(w=w, v=v))


def grey(x):
    quarters = x.reshape(len(x), 2, 14, 2, 14).mean((2, 4)).reshape(len(x), 4)
    return quarters @ w, quarters @ w @ v


# Bytes in colour, 10 x 12, three at a time, the last axis the channels; probabilities, and features with two axes too many.
t, u = weights(3, 3, 4), weights(4, 4, 3)
network(
    "bytes", [("x", BYTES, [3, 10, 12, 3])], [("y", FLOAT, [3, 3]), ("pooled", FLOAT, [3, 4, 1, 1])],
    [("Cast", ["x"], ["float"], dict(to=FLOAT)), ("ReduceMean", ["float"], ["means"], dict(axes=[1, 2], keepdims=0)),
     ("MatMul", ["means", "t"], ["flat"], {}), ("MatMul", ["flat", "u"], ["large"], {}), ("Mul", ["large", "k"], ["small"], {}),
     ("Softmax", ["small"], ["y"], dict(axis=1)), ("Reshape", ["flat", "shape"], ["pooled"], {})],
    dict(t=t, u=u, k=np.float32(0.01), shape=np.array([3, 4, 1, 1])))


def of_bytes(x):
    flat = x.mean((1, 2)) @ t
    logits = 0.01 * flat @ u
    return flat, logits - np.log(np.exp(logits).sum(1, keepdims=True))


# Any size, in colour, features alone.
network(
    "means", [("x", FLOAT, ["N", 3, "H", "W"])], [("y", FLOAT, ["N", 3])],
    [("ReduceMean", ["x"], ["y"], dict(axes=[2, 3], keepdims=0))], {})
# What does not fit.
network("flat-input", [("x", FLOAT, ["N", 784])], [("y", FLOAT, ["N", 784])], [("Relu", ["x"], ["y"], {})], {})
network("maps", [("x", FLOAT, ["N", 1, 28, 28])], [("y", FLOAT, ["N", 1, 28, 28])], [("Relu", ["x"], ["y"], {})], {})
network(
    "twins", [("x", FLOAT, ["N", 1, 28, 28])], [("a", FLOAT, ["N", 784]), ("b", FLOAT, ["N", 784])],
    [("Flatten", ["x"], ["a"], {}), ("Relu", ["a"], ["b"], {})], {})

# What never ends, and what asks for 200 MB for each image.
body = helper.make_graph(
    [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Relu", ["before"], ["after"])], "body",
    [helper.make_tensor_value_info(*spec) for spec in [("turn", TensorProto.INT64, []), ("go", TensorProto.BOOL, []), ("before", FLOAT, ["N", 784])]],
    [helper.make_tensor_value_info(*spec) for spec in [("on", TensorProto.BOOL, []), ("after", FLOAT, ["N", 784])]])
network(
    "endless", [("x", FLOAT, ["N", 1, 28, 28])], [("y", FLOAT, ["N", 784])],
    [("Flatten", ["x"], ["flat"], {}), ("Loop", ["turns", "yes", "flat"], ["y"], dict(body=body))],
    dict(turns=np.array(2**62, np.int64), yes=np.array(True)))
network(
    "hungry", [("x", FLOAT, ["N", 1, 28, 28])], [("y", FLOAT, ["N", 784])],
    [("Flatten", ["x"], ["flat"], {}), ("Unsqueeze", ["flat", "axis"], ["thin"], {}), ("Expand", ["thin", "shape"], ["thick"], {}),
     ("ReduceMax", ["thick"], ["y"], dict(axes=[2], keepdims=0))],
    dict(axis=np.array([2], np.int64), shape=np.array([1, 1, 2**16], np.int64)))

lists = lambda pair: [np.asarray(each, np.float64).round(9).tolist() for each in pair]
own = pictures(1, 5, 28, 1)
colours = pictures(2, 5, 16, 3)
small = pictures(3, 2, 8, 1)
scaled = 255 * (resized(0.91 * colours, 10, 12) + 1) / 2
# What is halfway between two bytes would be decided by rounding.
assert np.abs(scaled % 1 - 0.5).min() > 1e-4, np.abs(scaled % 1 - 0.5).min()
to_bytes = np.floor(scaled + 0.5)
grey_of = (colours * np.array([0.299, 0.587, 0.114])).sum(3, keepdims=True)
mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
values = dict(
    grey=lists(grey(own[..., 0])),
    zeroToOne=lists(grey((own[..., 0] + 1) / 2)),
    fromColours=lists(grey(resized(grey_of, 28, 28)[..., 0])),
    bytes=lists(of_bytes(to_bytes)),
    imagenet=lists([((np.repeat(small, 3, 3) + 1) / 2).mean((1, 2)) / deviation - mean / deviation])[0],
)
(HERE / "extractor.json").write_text(json.dumps(values) + "\n")
print(json.dumps(values, indent=1)[:400])
