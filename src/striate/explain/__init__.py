"""What a network sees: feature maps, filters, and maps of what mattered for a class."""

from __future__ import annotations

from striate.explain.attribution import Attribution as Attribution
from striate.explain.class_maps import class_activation_map as class_activation_map
from striate.explain.finding import Examples as Examples
from striate.explain.finding import maximally_activating as maximally_activating
from striate.explain.gradcam import grad_cam as grad_cam
from striate.explain.gradcam_plus import grad_cam_plus_plus as grad_cam_plus_plus
from striate.explain.gradients import saliency as saliency
from striate.explain.guided import guided_backpropagation as guided_backpropagation
from striate.explain.kernels import plot_filters as plot_filters
from striate.explain.layercam import layer_cam as layer_cam
from striate.explain.mapping import FeatureMaps as FeatureMaps
from striate.explain.mapping import feature_maps as feature_maps
from striate.explain.maximization import Maximization as Maximization
from striate.explain.maximization import activation_maximization as activation_maximization
from striate.explain.occluding import occlusion as occlusion
from striate.explain.path_gradients import integrated_gradients as integrated_gradients
from striate.explain.randomization import RandomizationCheck as RandomizationCheck
from striate.explain.randomization import randomization_check as randomization_check
from striate.explain.receptive import EffectiveReceptiveField as EffectiveReceptiveField
from striate.explain.receptive import effective_receptive_field as effective_receptive_field
from striate.explain.scorecam import score_cam as score_cam
from striate.explain.smoothing import smooth_grad as smooth_grad
