"""Make `model.onnx` of the model as it was published: its last layer is worked out for the first character alone.

The vector of a text is the last layer's state of its first character ([CLS]); the states of all others, a fifth of the
work, are thrown away. Two cuts leave them out: the queries of the last layer's attention, and what is added to its
result (keys and values are still of all characters). Needs `pip install onnx`; README.md has where the published model
comes from. Run: python search/encoder/shorten.py PUBLISHED.onnx search/encoder/model.onnx
"""

from __future__ import annotations

import sys

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

STATES = "/encoder/layer.2/output/LayerNorm/Add_1_output_0"
"""The states (1, characters, 512) that the last layer is given, and under `_quantized` the same in eight bits."""
CUT = {
    f"{STATES}_quantized": "/encoder/layer.3/attention/self/query/MatMul_output_0_output_quantized",
    STATES: "/encoder/layer.3/attention/output/Add_output_0",
}
"""What is cut, and of whose inputs."""
START, END, AXIS = "first_start", "first_end", "first_axis"


def shorten(graph: onnx.GraphProto) -> None:
    """Cut the last layer to its first character; ValueError where the model is another than expected."""
    for name, value in ((START, 0), (END, 1), (AXIS, 1)):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    nodes: list[NodeProto] = []
    for node in graph.node:
        for states, reader in CUT.items():
            if reader in node.output:
                node.input[[*node.input].index(states)] = f"{states}_first"
        nodes.append(node)
        nodes += [
            helper.make_node("Slice", [states, START, END, AXIS], [f"{states}_first"], name=f"{states}_first")
            for states in CUT
            if states in node.output
        ]
    if missing := {*CUT.values()}.difference(*(node.output for node in nodes)):
        raise ValueError(f"Another model than expected: it has no {missing}")
    del graph.node[:]
    graph.node.extend(nodes)


if __name__ == "__main__":
    model = onnx.load(sys.argv[1])
    shorten(model.graph)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, sys.argv[2])
