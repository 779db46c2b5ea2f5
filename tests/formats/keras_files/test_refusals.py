"""What is no model, or one that cannot be made, is called what it is, with what to do about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import striate as st
from striate.formats.keras_files import open_model
from tests.formats.damaged_files import (
    changed,
    functional,
    hdf5,
    kind,
    layer,
    operation,
    packed,
)
from tests.fuzz.seeds import legacy_file, sequential, zip_file

pytestmark = pytest.mark.torch

OPENS = " Expected a Keras file: .keras, .h5 with a model, or JSON and weights; or a .striate file."
AGAIN = " Copy or download it again."

# (name, content, text after the path)
FILES: list[tuple[str, bytes, str]] = [
    (
        "lfs.h5",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        ": it is a Git LFS pointer: three lines that stand for the file, which was not downloaded."
        f"{OPENS} Run `git lfs pull` in the repository, or download the file itself.",
    ),
    (
        "phone.tflite",
        b"\x1c\0\0\0TFL3" + bytes(64),
        ": it is a TFLite model, which is compiled for phones and cannot be turned back."
        f"{OPENS} Ask for the Keras file it was made from (.keras or .h5).",
    ),
    (
        "saved_model.pb",
        b"\x08\x01\x12" + bytes(64),
        ": it is a TensorFlow SavedModel: a program, not layers and weights."
        f'{OPENS} Open it in TensorFlow and write its layers: model.save("model.h5").',
    ),
    ("nothing.h5", b"", f": the file is empty.{OPENS}{AGAIN}"),
    (
        "photos.zip",
        packed({"a.jpg": b"x"}),
        f": it is a zip file, but not a Keras one: it has no config.json.{OPENS}",
    ),
    ("text.h5", b"hello", f": it is not a file that can be read.{OPENS}"),
    (
        "table.h5",
        hdf5(lambda file: file.create_group("frame")),
        ": it is an HDF5 file, but not Keras's: it holds neither a model nor the weights of one."
        f" Got members=('frame',).{OPENS}",
    ),
    (
        "weights.h5",
        hdf5(lambda file: file.attrs.__setitem__("layer_names", [b"conv"])),
        ": it holds weights alone, without the model they belong to. Expected a file with a model."
        " Write the model in code, then model.load_weights(path); or give its JSON:"
        ' st.load_model("model.json", weights=path).',
    ),
    (
        "architecture.h5",
        hdf5(lambda f: f.attrs.__setitem__("model_config", json.dumps(sequential()))),
        ": it holds a model, but no weights."
        " st.models.model_from_json(config) builds it with new ones.",
    ),
    (
        "lambda.h5",
        kind(3, "Lambda"),
        ", flatten (Lambda): its function is Python code inside the file, which is never run."
        " Expected the function, or a layer instead, by the name of the layer."
        ' load_model(path, custom_objects={"flatten": lambda x: ...}), or a layer such as'
        " layers.Rescaling(1 / 127.5, offset=-1).",
    ),
    (
        "own.h5",
        kind(3, "Sampling"),
        ", flatten (Sampling): this is no layer of Keras's that striate has; if it is the author's"
        " own, files do not carry its code. Expected its class, or a layer instead, by name."
        ' load_model(path, custom_objects={"Sampling": Sampling}).',
    ),
    (
        "setting.h5",
        layer(0, melt=3),
        ", conv (Conv2D): its setting `melt` is not one that striate knows. Got melt=3. Expected a"
        " setting of today's layers, or None. Pass a layer under its name:"
        ' load_model(path, custom_objects={"conv": ...}).',
    ),
    (
        "value.h5",
        layer(0, filters=-1),
        ", conv (Conv2D): it cannot be made (conv2d (Conv2D): `filters` is not valid. Got"
        " filters=-1. Expected a positive whole number.).",
    ),
    (
        "missing.h5",
        changed("config", "layers", 4, "config", to={"name": "dense"}),
        ", dense (Dense): its configuration is damaged (Dense.__init__() missing 1 required"
        " positional argument: 'units').",
    ),
    (
        "quantized.h5",
        layer(4, dtype={"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_x"}}),
        ", dense (Dense): its weights are quantized. Got dtype='int8_from_x'. Expected weights in"
        " floating point. Save the model before it is quantized.",
    ),
    (
        "activation.h5",
        layer(0, activation="my_relu"),
        ", conv (activation): its activation 'my_relu' is not in the table, and files do not carry"
        " code. Expected the function or object by name."
        ' load_model(path, custom_objects={"my_relu": ...}).',
    ),
    (
        "first.h5",
        layer(0, data_format="channels_first", activation="softmax"),
        ", conv (Conv2D): an activation along the last axis of channels-first images. Got"
        " activation='softmax'. Pass a layer under its name in custom_objects.",
    ),
    (
        "merge.h5",
        kind(1, "Merge"),
        ": a Sequential that begins with a Merge of several branches, which went with Keras 1."
        " Write the model in code with Model(inputs, outputs), then model.load_weights(path).",
    ),
    (
        "shapeless.h5",
        layer(0, batch_input_shape=None),
        ": the Sequential does not say the shape of its input. Write the model in code with"
        " layers.Input(shape) first, then model.load_weights(path).",
    ),
    (
        "shape.h5",
        layer(0, batch_input_shape=[None, "8", 8, 3]),
        ": the shape of input `conv_input` cannot be read. Got shape=[None, '8', 8, 3]. Expected a"
        " list of sizes, the batch first.",
    ),
    (
        "text_input.h5",
        layer(0, dtype="string"),
        ": input `conv_input` takes text. Expected numbers.",
    ),
    ("empty_model.h5", changed("config", "layers", to=[]), ": the model has no layers."),
    ("list.h5", changed("config", "layers", to=3), ": the list of layers is damaged."),
    (
        "no_class.h5",
        changed("config", "layers", 3, "class_name", to=3),
        ': a layer has no class name. Expected {"class_name": ...}.',
    ),
    (
        "no_config.h5",
        changed("config", "layers", 3, "config", to=3),
        ": a Flatten has no configuration.",
    ),
    (
        "subclass.h5",
        changed("class_name", to="CIFAR10Model"),
        ": the model is of a class of its author's own, `CIFAR10Model`, and files do not carry its"
        " code. Expected a Sequential or functional model. Write the class in code, build it, then"
        " model.load_weights(path).",
    ),
    (
        "misfit.h5",
        layer(2, pool_size=[20, 20]),
        ": its layers do not go together (maxpooling2d (MaxPooling2D): the window is larger than"
        " its input. Got pool_size=(20, 20), input shape=(None, 8, 8, 4). Expected pool_size <="
        ' (8, 8), the height and width of the input. Use padding="same", a smaller pool_size, or'
        " fewer strides and poolings before it.\nHow it came to this:\n"
        "  conv_input (InputLayer) (None, 8, 8, 3)\n  conv (Conv2D) (None, 8, 8, 4)\n"
        "  batchnormalization (BatchNormalization) (None, 8, 8, 4)).",
    ),
    ("twice.h5", functional(2, "name", "x"), ": two layers are called `x`."),
    (
        "connected.h5",
        functional(2, "inbound_nodes", [[["inner"]]]),
        ": how the layers of `d` are connected cannot be read. Expected [[name, node, tensor],"
        " ...].",
    ),
    (
        "nowhere.h5",
        functional(2, "inbound_nodes", [[["gone", 0, 0, {}]]]),
        ": its output layers name `sum`, which is not connected.",
    ),
    (
        "function.h5",
        operation(),
        ", sum (TFOpLambda): the function `fft` is not one that striate has as an operation. Pass a"
        " layer, or a function of tensors, under its name:"
        ' load_model(path, custom_objects={"sum": ...}).',
    ),
]


@pytest.mark.parametrize(("name", "content", "text"), FILES, ids=[f[0] for f in FILES])
def test_it_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(st.FormatError) as caught:
        open_model(path)
    assert str(caught.value) == f"{path}{text}"


def test_a_folder_of_tensorflow_is_a_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    with pytest.raises(st.FormatError) as caught:
        st.load_model(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: it is a TensorFlow SavedModel: a program, not layers and weights."
        f'{OPENS} Open it in TensorFlow and write its layers: model.save("model.h5").'
    )


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(st.FormatError) as caught:
        open_model(tmp_path / "gone.h5")
    assert str(caught.value) == f"{tmp_path / 'gone.h5'}: there is no such file.{OPENS}"


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    for name, data in (
        ("cut.h5", legacy_file(sequential())),
        ("cut.keras", zip_file(sequential())),
    ):
        path = tmp_path / name
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(st.FormatError, match="truncated or damaged"):
            st.load_model(path)


def test_weights_go_with_json_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(legacy_file(sequential()))
    with pytest.raises(st.ArgumentError) as caught:
        st.load_model(path, weights=path)
    assert str(caught.value) == (
        f"load_model: `weights` goes with a JSON file. Got path='{path}', weights='{path}'."
        " Expected a file that has the model without weights. Leave it out, or"
        " model.load_weights(path) afterwards."
    )


def test_what_is_sound_opens(tmp_path: Path) -> None:
    for name, data in (("a.h5", legacy_file(sequential())), ("b.keras", zip_file(sequential()))):
        (tmp_path / name).write_bytes(data)
        model = st.load_model(tmp_path / name)
        assert model.count_params() == 3 * 3 * 3 * 4 + 4 + 16 + 64 * 5 + 5
