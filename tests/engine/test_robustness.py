"""How well a network answers under attack, and that learning from attacked pictures helps."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine.attack import ATTACKS, Attack
from lepton_studio.engine.attacks.fgsm import Fgsm
from lepton_studio.engine.attacks.none import NoAttack
from lepton_studio.engine.attacks.pgd import Pgd
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import Evaluation, evaluate
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment, default_experiment
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.robustness import Robustness, attack_split, chosen_attack, load_and_attack
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import cut
from lepton_studio.engine.training import start_training

STRONG = Pgd().as_test(0.3, 10)


def results(items: Any) -> list[Robustness]:
    return [item for item in items if isinstance(item, Robustness)]


def test_a_network_answers_worse_the_farther_an_attack_may_go(trained_run: Run, tiny_samples: Samples) -> None:
    attacks = [Pgd().as_test(radius, 10) for radius in (0.0, 0.04, 0.3)]
    found = results(attack_split(trained_run, tiny_samples, attacks))
    assert [one.attack for one in found] == attacks
    assert found[0].accuracy == found[0].clean.accuracy
    assert found[0].accuracy >= found[1].accuracy >= found[2].accuracy
    assert found[2].accuracy < 0.2 < found[0].accuracy


def test_the_answers_to_the_clean_pictures_are_those_of_an_evaluation(trained_run: Run, tiny_samples: Samples) -> None:
    (evaluation,) = (item for item in evaluate(trained_run, tiny_samples) if isinstance(item, Evaluation))
    (found,) = results(attack_split(trained_run, tiny_samples, [STRONG]))
    assert np.array_equal(found.clean.indices, evaluation.indices)
    assert np.array_equal(found.clean.labels, evaluation.labels)
    assert np.allclose(found.clean.probabilities, evaluation.probabilities, atol=1e-6)
    assert np.array_equal(found.attacked.indices, evaluation.indices)


def test_the_pictures_that_are_shown_are_those_that_were_answered(trained_run: Run, tiny_samples: Samples) -> None:
    (found,) = results(attack_split(trained_run, tiny_samples, [STRONG], at_most=7))
    assert found.pictures.shape == (7, *tiny_samples.shape)
    assert found.pictures.dtype == np.uint8
    before = tiny_samples.images[found.clean.indices].astype(int)
    assert 0 < int(np.abs(found.pictures - before).max()) <= 0.3 * 255 + 0.5
    again = Predictor(trained_run).probabilities(found.pictures)
    assert np.allclose(again, found.attacked.probabilities, atol=0.05)


def test_a_part_of_a_split_is_taken_evenly_from_it(trained_run: Run, tiny_samples: Samples) -> None:
    whole = cut(tiny_samples, trained_run.experiment)["test"]
    (found,) = results(attack_split(trained_run, tiny_samples, [STRONG], at_most=10))
    assert np.array_equal(found.clean.indices, whole[::3])
    (all_of_it,) = results(attack_split(trained_run, tiny_samples, [STRONG], at_most=1000))
    assert np.array_equal(all_of_it.clean.indices, whole)


def test_progress_comes_to_its_end(trained_run: Run, tiny_samples: Samples) -> None:
    told = [item for item in attack_split(trained_run, tiny_samples, [STRONG, Fgsm()]) if isinstance(item, Progress)]
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[-1].done == told[-1].total == 3 * 30


def test_an_attack_gives_the_same_twice_and_leaves_torch_its_random_numbers(
    trained_run: Run, tiny_samples: Samples
) -> None:
    before = torch.get_rng_state()
    first, second = (results(attack_split(trained_run, tiny_samples, [STRONG]))[0] for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(first.attacked.probabilities, second.attacked.probabilities)
    assert np.array_equal(first.pictures, second.pictures)


def test_samples_are_loaded_where_they_are_not_given(trained_run: Run, tiny_samples: Samples) -> None:
    items = list(load_and_attack(trained_run, tiny_samples, [STRONG], at_most=5))
    assert any(isinstance(item, Samples) for item in items)
    assert len(results(items)) == 1


def test_a_split_that_there_is_none_of_is_refused(trained_run: Run, tiny_samples: Samples) -> None:
    with pytest.raises(LeptonError, match="no split called 'exam'"):
        list(attack_split(trained_run, tiny_samples, [STRONG], "exam"))


@pytest.mark.parametrize(
    ("kind", "radius", "steps", "complaint"),
    [
        ("none", 0.1, 20, "no attack called 'none'"),
        ("pdg", 0.1, 20, "no attack called 'pdg'"),
        ("pgd", 1.5, 20, "radius"),
        ("fgsm", -0.1, 20, "radius"),
        ("pgd", 0.1, 0, "steps"),
    ],
)
def test_an_attack_that_there_is_none_of_is_refused(kind: str, radius: float, steps: int, complaint: str) -> None:
    with pytest.raises(LeptonError) as caught:
        chosen_attack(kind, radius, steps)
    assert complaint in caught.value.what
    assert caught.value.remedy


def test_an_attack_is_chosen_as_strong_as_it_can_be() -> None:
    assert chosen_attack("fgsm", 0.2, 20) == Fgsm(radius=0.2, random_start=False)
    assert chosen_attack("pgd", 0.2, 20) == Pgd(radius=0.2, steps=20, step=0.125)
    assert NoAttack().as_test(0.2, 20) == NoAttack()


# --- learning from attacked pictures


def changed(experiment: Experiment, **changes: Any) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **changes)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


def trained(experiment: Experiment, samples: Samples) -> Run:
    run = Run.create(experiment)
    for _ in start_training(run, samples):
        pass
    return run


def under_attack(run: Run, samples: Samples, attack: Attack) -> Robustness:
    return results(attack_split(run, samples, [attack]))[0]


@pytest.mark.parametrize("kind", [name for name in ATTACKS.names() if name != "none"])
def test_a_network_that_learns_from_attacked_pictures_resists_them(
    tiny_experiment: Experiment, tiny_samples: Samples, kind: str
) -> None:
    longer = changed(tiny_experiment, epochs=12, augmentations=())
    attack = chosen_attack("pgd", 0.1, 10)
    plain = under_attack(trained(longer, tiny_samples), tiny_samples, attack)
    resisting = trained(changed(longer, adversarial=ATTACKS[kind](share=1.0)), tiny_samples)
    robust = under_attack(resisting, tiny_samples, attack)
    assert robust.accuracy > plain.accuracy + 0.1
    assert robust.clean.accuracy > 0.9


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_an_attack_has_its_share_of_each_batch_and_moves_no_mean_of_batch_norm(
    tiny_experiment: Experiment, tiny_samples: Samples, share: float
) -> None:
    layers = (tiny_experiment.architecture.layers[0], BatchNorm2d(), *tiny_experiment.architecture.layers[1:])
    architecture = msgspec.structs.replace(tiny_experiment.architecture, layers=layers)
    experiment = changed(tiny_experiment, adversarial=Pgd(share=share))
    learner = Learner(Run.unkept(msgspec.structs.replace(experiment, architecture=architecture)), tiny_samples)
    learner.network.train()
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    pictures, labels = torch.from_numpy(tiny_samples.images[:20]).float(), torch.from_numpy(tiny_samples.labels[:20])
    after = learner.attacked(pictures, labels)
    is_changed = (after != pictures).flatten(1).any(dim=1).tolist()
    assert is_changed == [number < round(share * 20) for number in range(20)]
    assert all(torch.equal(value, before[name]) for name, value in learner.network.state_dict().items())
    assert all(parameter.grad is None for parameter in learner.network.parameters())
    assert learner.network.training


@pytest.mark.parametrize("kind", [name for name in ATTACKS.names() if name != "none"])
def test_a_training_under_attack_goes_on_after_a_stop_to_the_same_bits(
    tiny_experiment: Experiment, tiny_samples: Samples, kind: str
) -> None:
    experiment = changed(tiny_experiment, adversarial=ATTACKS[kind]())
    whole = trained(experiment, tiny_samples)
    stopped = Run.create(experiment)
    walk = start_training(stopped, tiny_samples)
    # In the middle of the first epoch.
    assert len(list(itertools.islice((event for event in walk if event is None), 2))) == 2
    walk.close()
    assert Run.open(stopped.folder).record.state == "stopped"
    for _ in start_training(Run.open(stopped.folder), tiny_samples):
        pass
    one, other = load_weights(whole.checkpoint), load_weights(stopped.checkpoint)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert len(Run.open(stopped.folder).history) == len(whole.history)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pgd_training_on_the_bundled_digits_resists_pgd_and_costs_no_clean_accuracy() -> None:
    experiment = changed(default_experiment(), epochs=8, device="cpu", threads=1)
    (samples,) = (item for item in BundledDigits().read() if isinstance(item, Samples))
    attack = chosen_attack("pgd", 0.1, 20)
    plain = under_attack(trained(experiment, samples), samples, attack)
    robust = under_attack(trained(changed(experiment, adversarial=Pgd()), samples), samples, attack)
    assert robust.accuracy >= plain.accuracy + 0.15
    assert robust.accuracy > 0.85
    assert robust.clean.accuracy > 0.95
