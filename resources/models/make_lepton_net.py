"""Trains the network that ships in resources/models/lepton_net, through the engine and nothing else.

    LEPTON_STUDIO_DATA=FOLDER_WITH_MNIST python make_lepton_net.py

It is LeptonNet on the 60,000 training digits of MNIST, with more shifting, turning and slanting than the
default experiment, because people draw less evenly than MNIST's writers. The folder beside this script is a
run like any other, without the optimizer's state. Its figures are in lepton_net/run.json.
"""

import shutil
import tempfile
from pathlib import Path

import msgspec

from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.checkpoint import Position, load_into, load_weights, save_checkpoint
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.events import EpochFinished, TrainingFinished
from lepton_studio.engine.experiment import Hyperparameters, default_experiment
from lepton_studio.engine.network import build_network
from lepton_studio.engine.runs import EXPERIMENT, HISTORY, RECORD, Run
from lepton_studio.engine.training import start_training

HYPERPARAMETERS = Hyperparameters(epochs=15, augmentations=(Affine(shift=2.0, turn=14.0, scale=0.15, shear=0.25),))


def main() -> None:
    """Trains, then replaces the folder lepton_net beside this script."""
    experiment = msgspec.structs.replace(default_experiment(), dataset=Mnist(), hyperparameters=HYPERPARAMETERS)
    run = Run.create(experiment, "LeptonNet on MNIST")
    for event in start_training(run):
        if isinstance(event, EpochFinished | TrainingFinished):
            print(event, flush=True)
    target = Path(__file__).with_name("lepton_net")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        beside = Path(folder) / target.name
        beside.mkdir()
        for name in (RECORD, EXPERIMENT):
            shutil.copy(run.folder / name, beside / name)
        # Of the history only the epochs: the batches are not worth their size.
        history = msgspec.json.decode((run.folder / HISTORY).read_bytes())
        history |= {"batch_loss": [], "batch_accuracy": []}
        (beside / HISTORY).write_bytes(msgspec.json.encode(history))
        ones = [1.0]
        network = build_network(experiment.architecture, run.record.input_shape, 10, ones, ones)
        load_into(network, load_weights(run.checkpoint), run.folder)
        save_checkpoint(beside / run.checkpoint.name, network, None, Position(epoch=HYPERPARAMETERS.epochs))
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
    print(f"{target}: test accuracy {run.record.test_accuracy:.4f}")


if __name__ == "__main__":
    main()
