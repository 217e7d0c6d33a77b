"""SavedModels of a trained model for TF Serving."""

from keras_vrae.serving.exporting import Export, export
from keras_vrae.serving.manifest import check_version
from keras_vrae.serving.publishing import check_directory
from keras_vrae.serving.runs import export_run

__all__ = ["Export", "check_directory", "check_version", "export", "export_run"]
