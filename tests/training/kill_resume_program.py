"""A program that trains a small CNN and may be killed; started by `test_kill_resume.py`.

    python -m tests.training.kill_resume_program FOLDER SAVE_EVERY [FAULT]

Trains with dropout, shuffling, validation, early stopping with its best weights, a plateau
schedule and a CSV file; run again, it continues. It says "ready" when training begins and "done"
when it ends; every step waits for a few milliseconds, so that it can be killed between. At the end
it writes `weights.safetensors` and `history.json` into the folder. FAULT makes it kill itself at
the third checkpoint: "before-rename", "after-rename" or "half-written".
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch

from striate import training
from striate.storage import tensor_writer, write_atomic
from striate.training.callbacks import CSVLogger, EarlyStopping, LambdaCallback, ReduceLROnPlateau
from tests.training.small_runs import SmallCNN, digits

EPOCHS = 8


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(fault: str) -> None:
    """Replaces a call of the operating system by one that kills at its third use."""
    uses = {"count": 0}
    replace, fsync = os.replace, os.fsync

    def counted() -> bool:
        uses["count"] += 1
        return uses["count"] == 3

    def killing_replace(source: Any, target: Any) -> None:
        last = "checkpoint-" in str(target) and counted()
        if last and fault == "before-rename":
            kill_self()
        replace(source, target)
        if last and fault == "after-rename":
            kill_self()

    def killing_fsync(descriptor: int) -> None:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if fault == "half-written" and regular and counted():
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            kill_self()
        fsync(descriptor)

    os.replace = killing_replace
    os.fsync = killing_fsync


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def train(folder: Path, save_every: Any) -> None:
    source = digits(96, batch_size=8, shuffle=True, seed=3)
    validation = digits(40, batch_size=16)
    torch.manual_seed(os.getpid())  # a resumed run may not lean on equal initial weights
    module = SmallCNN()
    if not (folder / "run").exists() or not any((folder / "run").iterdir()):
        torch.manual_seed(11)
        module = SmallCNN()
    compiled = training.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = training.fit(
        module,
        compiled,
        source,
        epochs=EPOCHS,
        validation=validation,
        validation_freq=2,
        callbacks=[
            EarlyStopping("loss", patience=20, restore_best_weights=True),
            ReduceLROnPlateau("loss", patience=1, factor=0.5, min_delta=0.05),
            CSVLogger(folder / "log.csv"),
            LambdaCallback(
                on_train_begin=lambda logs: tell("ready"),
                on_train_batch_end=lambda batch, logs: time.sleep(0.004),
                on_train_end=lambda logs: tell("done"),
            ),
        ],
        verbose=0,
        device="cpu",
        seed=5,
        checkpoint_dir=folder / "run",
        save_every=save_every,
        resume=True,
    )
    arrays = {name: value.detach().numpy() for name, value in module.state_dict().items()}
    write_atomic(folder / "weights.safetensors", tensor_writer(arrays))
    (folder / "history.json").write_text(history.to_json(), encoding="utf-8")


def main() -> None:
    folder, every = Path(sys.argv[1]), sys.argv[2]
    warnings.simplefilter("error")
    if len(sys.argv) > 3:
        arm(sys.argv[3])
    train(folder, int(every) if every.isdigit() else every)


if __name__ == "__main__":
    main()
