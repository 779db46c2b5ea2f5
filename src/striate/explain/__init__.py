"""What a network sees: feature maps, filters, and maps of what mattered for a class."""

from __future__ import annotations

from striate.explain.attribution import Attribution as Attribution
from striate.explain.class_maps import class_activation_map as class_activation_map
from striate.explain.gradcam import grad_cam as grad_cam
from striate.explain.gradcam_plus import grad_cam_plus_plus as grad_cam_plus_plus
from striate.explain.kernels import plot_filters as plot_filters
from striate.explain.layercam import layer_cam as layer_cam
from striate.explain.mapping import FeatureMaps as FeatureMaps
from striate.explain.mapping import feature_maps as feature_maps
from striate.explain.scorecam import score_cam as score_cam
