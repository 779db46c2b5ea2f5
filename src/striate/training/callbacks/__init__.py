"""What is told about training, and may steer it: Keras's callbacks."""

from __future__ import annotations

from striate.training.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
from striate.training.callbacks.callback import Callback as Callback
from striate.training.callbacks.callback_list import CallbackList as CallbackList
from striate.training.callbacks.csv_logger import CSVLogger as CSVLogger
from striate.training.callbacks.early_stopping import EarlyStopping as EarlyStopping
from striate.training.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from striate.training.callbacks.learning_rate import LearningRateScheduler as LearningRateScheduler
from striate.training.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from striate.training.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from striate.training.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from striate.training.callbacks.tensorboard import TensorBoard as TensorBoard
from striate.training.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
from striate.training.health import TrainingHealth as TrainingHealth
from striate.training.history import History as History
